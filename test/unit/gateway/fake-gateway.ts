/** A gateway's HTTP surface on loopback, written from what OpenClaw answers, and scripted per test. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type HostMachine, hostMachine } from '../../support/host-machine.ts';

export interface SeenRequest {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = (response: ServerResponse, request: SeenRequest) => void;

export interface FakeGateway {
  machine: HostMachine;
  port: number;
  /** Every request, in order. */
  seen: SeenRequest[];
  /** What the gateway does with a path that starts so; the longest wins. */
  on(path: string, answer: Answer): void;
  close(): Promise<void>;
}

export const TOKEN = 'gateway-token-of-the-test';

/** A gateway that checks its token, next to a machine on this computer that is set up to reach it. */
export async function fakeGateway(): Promise<FakeGateway> {
  const answers = new Map<string, Answer>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => {
      const { url = '', method = '', headers } = request;
      const one: SeenRequest = { method, path: url, headers, body };
      seen.push(one);
      if (headers.authorization !== `Bearer ${TOKEN}`) {
        return json(response, 401, { error: { message: 'Unauthorized', type: 'unauthorized' } });
      }
      const path = [...answers.keys()]
        .filter((p) => url.startsWith(p))
        .sort((a, b) => b.length - a.length)[0];
      const answer = path === undefined ? undefined : answers.get(path);
      if (answer) return answer(response, one);
      return json(response, 404, { error: { message: 'Not Found' } });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const machine = await hostMachine(port);
  await machine.configureGateway(TOKEN);
  return {
    machine,
    port,
    seen,
    on: (path, answer) => answers.set(path, answer),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await machine.dispose();
    },
  };
}

export function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** One event of a chat stream. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

export function delta(content: string): string {
  return event({ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] });
}

/** The end of a turn that went well. */
export function ending(): string {
  const usage = { prompt_tokens: 10, completion_tokens: 9, total_tokens: 19 };
  const stop = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  return stop + event({ choices: [], usage }) + event('[DONE]');
}

export function stream(response: ServerResponse, ...pieces: string[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of pieces) response.write(piece);
}

/** Says back what it was told, as a stream. */
export const echo: Answer = (response, request) => {
  const body: { messages: { content: string }[] } = JSON.parse(request.body);
  stream(response, delta('You said: '), delta(body.messages[0]?.content ?? ''), ending());
  response.end();
};
