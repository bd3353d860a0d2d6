/** Sockets that listen inside a machine's network and are served by this process, which is outside of it. */
import { Server, type Socket } from 'node:net';
import { withDeadline } from '../../../core/abort.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Init } from '../init.ts';
import type { Tools } from '../tools.ts';
import { networkHelper, numberIn } from './helper.ts';

export interface Listener {
  /** A loopback address inside the machine. */
  address: '127.0.0.1' | '::1';
  port: number;
  /** Given each connection from inside, error handler attached. */
  serve: (socket: Socket) => void;
}

// Node hands a listening socket over its IPC channel.
const LISTEN = `
const net = require('node:net');
process.on('disconnect', () => process.exit());
process.argv.slice(1).forEach((target, index) => {
  const [host, port] = target.split('|');
  const server = net.createServer();
  server.on('error', (error) => process.send({ index, error: error.code }));
  server.listen({ host, port: Number(port) }, () => process.send({ index }, server));
});`;
// Starting Node takes 0.1 s; this is for a computer under heavy load.
const LISTEN_TIMEOUT_MS = 20_000;

/**
 * Starts the listeners; one whose port is taken inside is left out.
 * @returns the servers in the order of `listeners`. The caller closes them.
 * @throws AppError `unavailable` when the helper cannot run; `timeout`.
 */
export async function listenInside(
  tools: Tools,
  init: Init,
  listeners: readonly Listener[],
  clock: Clock,
): Promise<(Server | undefined)[]> {
  const targets = listeners.map(({ address, port }) => `${address}|${port}`);
  const helper = networkHelper(tools, init, LISTEN, targets);
  const answers = new Map<number, Server | undefined>();
  const collected = new Promise<void>((resolve, reject) => {
    const failed = () =>
      reject(new AppError('unavailable', "A local machine's network could not be entered"));
    helper.on('error', failed);
    helper.on('exit', failed);
    helper.on('message', (message: unknown, handle: unknown) => {
      const index = numberIn(message, 'index');
      if (index === undefined) return;
      const server = handle instanceof Server ? handle : undefined;
      if (server) attach(server, listeners[index]);
      answers.set(index, server);
      if (answers.size === listeners.length) resolve();
    });
  });
  try {
    await withDeadline(
      clock,
      LISTEN_TIMEOUT_MS,
      'Opening a port in a local machine',
      undefined,
      () => collected,
    );
  } catch (error) {
    for (const server of answers.values()) server?.close();
    throw error;
  } finally {
    if (helper.connected) helper.disconnect();
  }
  return listeners.map((_, index) => answers.get(index));
}

function attach(server: Server, listener: Listener | undefined): void {
  server.on('error', () => {});
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    listener?.serve(socket);
  });
}
