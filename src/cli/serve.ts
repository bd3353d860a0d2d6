/** The MCP server over stdio: connects, and ends with its client. */
import { Console } from 'node:console';
import { StdioTransport } from '../mcp/stdio-transport.ts';
import { type ServerFlags, serverOfProcess } from './assemble.ts';
import { endWithClient } from './lifecycle.ts';

// A stranger's file may name thousands.
const MAX_TOLD = 20;

/**
 * Serves until the client is gone. A wrong setting does not stop it: every call then says what is wrong.
 * @throws AppError `config` for a wrong flag.
 */
export async function serveCommand(flags: ServerFlags): Promise<void> {
  // Whatever a bundled package prints must not reach stdout: that is the protocol.
  globalThis.console = new Console(process.stderr, process.stderr);
  const { server, log, ignored, close } = serverOfProcess(flags, (line) => process.stderr.write(`${line}\n`));
  endWithClient(async () => {
    close();
    await server.close();
  }, log);
  if (ignored.length > 0) log.info('ignored in .env', { names: ignored.slice(0, MAX_TOLD) });
  await server.connect(new StdioTransport(process.stdin, process.stdout));
}
