/** Servers of this computer listen where only it can connect. */
import { once } from 'node:events';
import type { Server } from 'node:net';

/**
 * @param port 0 takes a free one.
 * @returns the port on which it listens now. @throws the system's error where it cannot.
 */
export async function listenOnLoopback(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
