/** Serves the local API on loopback. */
import { createAdaptorServer, type ServerType } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { AppError } from '../../core/errors.ts';
import { listenOnLoopback } from '../../core/listen.ts';
import { type LocalApi, type OpenOptions, openLocalApi } from '../local-api.ts';
import { boundServer, isRefused, SERVER_BOUNDS } from './server-bounds.ts';

export interface ServeOptions extends OpenOptions {
  /** 0 takes a free one. */
  port?: number;
}

export interface LocalServer {
  /** "http://127.0.0.1:PORT" */
  baseUrl: string;
  apiKey: string;
  api: LocalApi;
  /** Stops listening and ends every process of every machine; homes stay. */
  close(): Promise<void>;
}

/** @throws AppError `conflict` when the state folder or the port is in use. */
export async function serveLocal(options: ServeOptions): Promise<LocalServer> {
  const api = await openLocalApi(options);
  const server = createAdaptorServer({
    fetch: (request, { incoming: { socket } }) =>
      isRefused(socket) ? RESPONSE_ALREADY_SENT : api.handle(request, { connection: socket }),
    overrideGlobalObjects: false,
    serverOptions: SERVER_BOUNDS,
  });
  if ('headersTimeout' in server) boundServer(server);
  try {
    const port = await listen(server, options.port ?? 0);
    return { baseUrl: `http://127.0.0.1:${port}`, apiKey: api.apiKey, api, close: () => close(server, api) };
  } catch (error) {
    await api.close();
    throw error;
  }
}

async function listen(server: ServerType, port: number): Promise<number> {
  try {
    return await listenOnLoopback(server, port);
  } catch (cause) {
    throw new AppError('conflict', `Port ${port} on loopback cannot be used`, {
      next: 'Use --port 0.',
      cause,
    });
  }
}

async function close(server: ServerType, api: LocalApi): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Idle keep-alive connections would hold the server open; machines end while the last answers leave.
  if ('closeAllConnections' in server) server.closeAllConnections();
  await api.close();
  await closed;
}
