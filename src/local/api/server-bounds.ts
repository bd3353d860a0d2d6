/** What a connection may take of the server before a request of it is understood: headers, time, and how many at once. */
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ApiProblem, coded, problem } from './problems.ts';

/** For Node's server. Times in milliseconds. */
export const SERVER_BOUNDS = {
  // Keys and content types; the longest here is below 1 KiB.
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  // A body of the largest size takes far less on loopback.
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 5_000,
} as const;

// A client holds a handful; a runaway one must not use up the computer's file descriptors.
const MAX_CONNECTIONS = 256;
// Also for a client that no longer reads its answer.
const SILENCE_MS = 120_000;

/** Whether a connection has had its answer, whatever it still sends. */
export function isRefused(socket: Duplex): boolean {
  return socket.writableEnded;
}

/** Answers every bound that is met with an error of its own. */
export function boundServer(server: Server): void {
  let open = 0;
  server.timeout = SILENCE_MS;
  server.prependListener('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > MAX_CONNECTIONS) refuse(socket, TOO_MANY);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else refuse(socket, MEANING[error.code ?? ''] ?? problem(400, 'the request is not valid HTTP'));
  });
}

const TOO_MANY = coded(503, 'DEPENDENCY_UNAVAILABLE', 'too many connections', {
  retryable: true,
  retryAfterMs: 1_000,
});
const MEANING: Readonly<Record<string, ApiProblem>> = {
  HPE_HEADER_OVERFLOW: problem(431, `the headers are larger than ${SERVER_BOUNDS.maxHeaderSize} bytes`),
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, 'the request did not arrive in time'),
};

function refuse(socket: Duplex, { status, contentType, body }: ApiProblem): void {
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${typeof body.title === 'string' ? body.title : 'Service Unavailable'}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  socket.on('error', () => {});
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`);
}
