/** A real HTTP server on loopback that answers what a test wrote down, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** As it came over the wire. */
  body: string;
}

/** What to answer: JSON, raw text, or whatever the function does with the response (nothing: it stalls). */
export type Reply =
  | { status?: number; json: unknown; headers?: Record<string, string> }
  | { status?: number; text: string; headers?: Record<string, string> }
  | ((response: ServerResponse, request: SeenRequest) => void);

export interface ScriptedHttp {
  url: string;
  requests: SeenRequest[];
  /** "METHOD path" of every request so far. */
  asked(): string[];
  /**
   * Answers requests of `method` and `path` (without query) with `replies` in turn; the last one for ever.
   * What no route names gets a 404 of the second error envelope.
   */
  on(method: string, path: string, ...replies: Reply[]): void;
  close(): Promise<void>;
}

export async function scriptedHttp(): Promise<ScriptedHttp> {
  const requests: SeenRequest[] = [];
  const routes = new Map<string, Reply[]>();
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(request);
      const replies = routes.get(`${method} ${url.split('?')[0]}`);
      const reply = replies && replies.length > 1 ? replies.shift() : replies?.[0];
      send(response, request, reply ?? NOT_FOUND);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    asked: () => requests.map((request) => `${request.method} ${request.path}`),
    on: (method, path, ...replies) => void routes.set(`${method} ${path}`, replies),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const NOT_FOUND: Reply = {
  status: 404,
  json: { title: 'Not Found', status: 404, detail: 'nothing here' },
  headers: { 'content-type': 'application/problem+json' },
};

function send(response: ServerResponse, request: SeenRequest, reply: Reply): void {
  if (typeof reply === 'function') {
    reply(response, request);
    return;
  }
  const text = 'json' in reply ? JSON.stringify(reply.json) : reply.text;
  const type = 'json' in reply ? 'application/json' : 'text/html';
  response.writeHead(reply.status ?? 200, { 'content-type': type, ...reply.headers });
  response.end(text);
}
