/** A port of a machine: whoever leaves, at whatever moment, takes the other end with it. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { joinSockets } from '../../../src/local/runtimes/join-sockets.ts';

const server = createServer((socket) => socket.on('error', () => {}).resume());
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

async function connected(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** However it ends: `once` would take its error for a failure of the test. */
const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

it.each([
  ['the browser', 0],
  ['the machine', 1],
] as const)('%s was gone before both were joined: the other end closes', async (_who, gone) => {
  const sockets = [await connected(), await connected()] as const;
  const ends = sockets.map(closed);
  sockets[gone].destroy();
  joinSockets(...sockets);
  await Promise.all(ends);
  expect(sockets.map((socket) => socket.destroyed)).toEqual([true, true]);
});

it('one end leaves later: the other closes', async () => {
  const sockets = [await connected(), await connected()] as const;
  const ends = sockets.map(closed);
  joinSockets(...sockets);
  sockets[0].destroy();
  await Promise.all(ends);
  expect(sockets.map((socket) => socket.destroyed)).toEqual([true, true]);
});
