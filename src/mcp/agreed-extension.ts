/** MCP Apps are agreed on by both sides: a client that names the extension is answered with it, every other as ever. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';

const EXTENSION = 'io.modelcontextprotocol/ui';
// What the SDK answers `initialize` with. It has no place for capabilities that depend on who asks.
const ANSWER = 'getCapabilities';

/** To be called before the server is connected. @param mimeTypes of the pages that it has. */
export function agreeOnPages(server: Server, mimeTypes: readonly string[]): void {
  const answer: unknown = Reflect.get(server, ANSWER);
  if (typeof answer !== 'function') throw new TypeError(`This SDK has no ${ANSWER}`);
  const value = () => {
    const capabilities = Object(answer.call(server));
    if (server.getClientCapabilities()?.extensions?.[EXTENSION] === undefined) return capabilities;
    return { ...capabilities, extensions: { [EXTENSION]: { mimeTypes } } };
  };
  Object.defineProperty(server, ANSWER, { value });
}
