/** Puts HTTP in front of a stdio server, message by message and unchanged: the conformance suite speaks nothing else. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { StdioClientTransport, type StdioServerParameters } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';

export interface Bridge {
  url: string;
  /** Ends every server process. */
  close(): Promise<void>;
}

/** One server process for each HTTP session. */
export async function startBridge(server: StdioServerParameters): Promise<Bridge> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const children: StdioClientTransport[] = [];
  const http = createServer(async (request, response) => {
    const { port } = request.socket.address() as { port: number };
    const session = sessions.get(String(request.headers['mcp-session-id'])) ?? (await opened(port));
    await session.handleRequest(request, response, await bodyOf(request));
  });

  async function opened(port: number): Promise<StreamableHTTPServerTransport> {
    const front = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        sessions.set(id, front);
      },
      enableDnsRebindingProtection: true,
      allowedHosts: [`127.0.0.1:${port}`, `localhost:${port}`],
      allowedOrigins: [`http://127.0.0.1:${port}`, `http://localhost:${port}`],
    });
    const back = new StdioClientTransport(server);
    children.push(back);
    front.onmessage = (message) => void back.send(message);
    back.onmessage = (message) => {
      const related = 'id' in message && !('method' in message) ? message.id : undefined;
      void front.send(message, related === undefined ? {} : { relatedRequestId: related });
    };
    front.onclose = () => void back.close();
    await back.start();
    await front.start();
    return front;
  }

  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  if (typeof address !== 'object' || address === null) throw new Error('the bridge has no port');
  return {
    url: `http://127.0.0.1:${address.port}/mcp`,
    async close() {
      http.closeAllConnections();
      http.close();
      await Promise.all(children.map((child) => child.close()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (request.method !== 'POST') return undefined;
  return JSON.parse(await text(request));
}
