/** A stop between a client and an API: records every request, and can answer in the API's place. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Passed {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** What came back, as text. */
  answer: string;
}

export interface ApiProxy {
  url: string;
  passed: Passed[];
  /** Rewrites a JSON answer on its way back. */
  rewrite: ((passed: Passed) => string) | undefined;
  close(): Promise<void>;
}

/** In front of `target`, on loopback. */
export async function startApiProxy(target: string): Promise<ApiProxy> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers;
    const answer = await fetch(new URL(request.url ?? '/', target), {
      method: request.method ?? 'GET',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
      ...(body.length > 0 && { body }),
      redirect: 'manual',
    });
    const seen: Passed = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: body.toString('utf8'),
      answer: await answer.text(),
    };
    proxy.passed.push(seen);
    const type = answer.headers.get('content-type') ?? 'application/json';
    response.writeHead(answer.status, { 'content-type': type });
    response.end(proxy.rewrite?.(seen) ?? seen.answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port }: AddressInfo = Object(server.address());
  const proxy: ApiProxy = {
    url: `http://127.0.0.1:${port}`,
    passed: [],
    rewrite: undefined,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
