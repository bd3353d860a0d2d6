/** Connections from this computer to a machine's own loopback, made in its network and handed over to this process. */
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { withDeadline } from '../../../core/abort.ts';
import type { Clock } from '../../../core/clock.ts';
import { AppError } from '../../../core/errors.ts';
import type { Init } from '../init.ts';
import type { Tools } from '../tools.ts';
import { networkHelper, numberIn } from './helper.ts';

export interface Connector {
  /** @throws AppError `unavailable` when nothing listens there or the network cannot be entered; `timeout`. */
  connect(port: number): Promise<Socket>;
  /** Ends every connection. */
  close(): void;
}

// Paused: what the other side says first must arrive here, not in the helper.
const CONNECT = `
const net = require('node:net');
process.on('disconnect', () => process.exit());
process.on('message', ({ id, port }) => {
  const socket = net.connect({ host: '127.0.0.1', port });
  socket.pause();
  socket.on('error', () => process.send({ id }));
  socket.on('connect', () => process.send({ id }, socket));
});`;
// The first one starts Node, in 0.1 s; this is for a computer under heavy load.
const CONNECT_TIMEOUT_MS = 20_000;

interface Waiting {
  resolve(socket: Socket): void;
  reject(error: AppError): void;
}

/** The helper process is started with the first connection and serves all of them. */
export function connectorInto(tools: Tools, init: Init, clock: Clock): Connector {
  const waiting = new Map<number, Waiting>();
  const sockets = new Set<Socket>();
  let helper: ChildProcess | undefined;
  let last = 0;

  const refused = (id: number, what: string) => {
    waiting.get(id)?.reject(new AppError('unavailable', what));
    waiting.delete(id);
  };
  const received = (message: unknown, handle: unknown) => {
    const id = numberIn(message, 'id');
    if (id === undefined) return;
    if (!(handle instanceof Socket)) return refused(id, 'Nothing listens on this port of the machine');
    handle.on('error', () => handle.destroy());
    sockets.add(handle);
    handle.once('close', () => sockets.delete(handle));
    const asked = waiting.get(id);
    waiting.delete(id);
    // Whoever asked has given up.
    if (asked === undefined) handle.destroy();
    else asked.resolve(handle);
  };
  const start = (): ChildProcess => {
    // The machine's process ids mean nothing, or somebody else, once it is gone.
    if (!init.alive()) throw new AppError('unavailable', 'The local machine has stopped');
    const started = networkHelper(tools, init, CONNECT);
    const over = () => {
      if (helper === started) helper = undefined;
      for (const id of [...waiting.keys()]) refused(id, "A local machine's network could not be entered");
    };
    started.on('error', over);
    started.on('exit', over);
    started.on('message', received);
    return started;
  };

  return {
    connect: (port) => {
      const id = ++last;
      const what = 'Connecting to a port of a local machine';
      return withDeadline(clock, CONNECT_TIMEOUT_MS, what, undefined, async () => {
        helper ??= start();
        const asking = helper;
        return new Promise<Socket>((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          asking.send({ id, port }, (error) => {
            if (error) refused(id, "A local machine's network could not be entered");
          });
        });
      }).finally(() => waiting.delete(id));
    },
    close: () => {
      if (helper?.connected) helper.disconnect();
      for (const socket of sockets) socket.destroy();
    },
  };
}
