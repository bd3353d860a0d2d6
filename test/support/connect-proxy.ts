/** A company's proxy on loopback: tunnels every name to one server of ours, asks for a password, or refuses. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect } from 'node:net';

export interface ConnectProxyOptions {
  /** Where every tunnel ends, whatever name was asked for. */
  to: number;
  /** `user:password` that it wants. */
  user?: string;
  /** Answers CONNECT with this instead. */
  refuse?: number;
}

export interface ConnectProxy {
  port: number;
  /** Without user and password. */
  url: string;
  /** What was asked for with CONNECT, oldest first. */
  asked: string[];
  close(): void;
}

export async function startConnectProxy({ to, user, refuse }: ConnectProxyOptions): Promise<ConnectProxy> {
  const asked: string[] = [];
  const wanted = user && `Basic ${Buffer.from(user).toString('base64')}`;
  // Requests that are not tunnelled are none of a client that keeps its key to itself.
  const proxy = createServer((_request, response) => response.writeHead(501).end());
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => socket.destroy());
    const unknown = wanted !== undefined && request.headers['proxy-authorization'] !== wanted;
    if (unknown || refuse) return socket.end(`HTTP/1.1 ${unknown ? 407 : refuse} No\r\n\r\n`);
    const onward = connect(to, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const { port } = Object(proxy.address());
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}
