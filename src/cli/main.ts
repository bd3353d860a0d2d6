/** The command line: which of the few commands was meant, and nothing else. */
import './first.ts';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import envPaths from 'env-paths';
import { version } from '../../package.json';
import { endWithReader, printer } from './terminal.ts';

const USAGE = `openclaw-dedalus-mcp ${version}: OpenClaw on Dedalus Machines, for MCP clients

  openclaw-dedalus-mcp                 serve MCP on stdio; machines in the Dedalus cloud (DEDALUS_API_KEY)
  openclaw-dedalus-mcp --local         the same with machines on this computer, no account
      [--read-only] [--tools a,b,c]    only tools that change nothing; only these tools
  openclaw-dedalus-mcp login [NAME…]   keep keys in a file that only you can read, instead of in the environment
  openclaw-dedalus-mcp demo            deploy, chat, sleep, wake, destroy: once, on this computer
  openclaw-dedalus-mcp local serve     the local Dedalus Machines API in the foreground
      [--port N] [--state-dir DIR] [--runtime namespace|process] [--generation 1|2|3]
  openclaw-dedalus-mcp install CLIENT  write this server into a client's settings; without CLIENT: which there are
      [--local] [--dry-run] [--config FILE]
  openclaw-dedalus-mcp doctor          what is wrong with this setup, and what to do about it
      [--local] [--json]
  openclaw-dedalus-mcp --version | --help
`;

const MIN_NODE_MAJOR = 20;

async function main(argv: string[]): Promise<number | undefined> {
  if (Number(process.versions.node.split('.')[0]) < MIN_NODE_MAJOR) {
    throw new Error(`Node ${MIN_NODE_MAJOR} or newer is needed; this is ${process.versions.node}`);
  }
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      local: { type: 'boolean', default: false },
      'read-only': { type: 'boolean', default: false },
      tools: { type: 'string' },
      version: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      port: { type: 'string' },
      'state-dir': { type: 'string' },
      runtime: { type: 'string' },
      generation: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  // The server ends with its client in its own way.
  if (positionals.length > 0 || values.help || values.version) endWithReader(process.stdout);
  if (values.help) return print(USAGE);
  if (values.version) return print(`${version}\n`);
  keepCompiled();
  if (positionals.length === 0) {
    const { serveCommand } = await import('./serve.ts');
    await serveCommand({ local: values.local, readOnly: values['read-only'], tools: values.tools });
    return undefined;
  }
  const { runCommand } = await import('./commands.ts');
  const code = await runCommand(positionals, values);
  if (code === undefined) throw new Error(`There is no command "${positionals.join(' ')}"\n\n${USAGE}`);
  return code;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

/**
 * Where Node can (22.1 and newer), what it compiles now is read back at the next start, which takes a seventh less time
 * then. In a folder of the user's own: whoever may write there decides what runs here, so no temporary folder.
 */
function keepCompiled(): void {
  if (!('enableCompileCache' in nodeModule) || typeof nodeModule.enableCompileCache !== 'function') return;
  const { cache } = envPaths('openclaw-dedalus-mcp', { suffix: '' });
  nodeModule.enableCompileCache(join(cache, 'compiled', version));
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error) => {
    // Told by its shape: the parts of the program are bundled apart, each with an AppError of its own.
    const next = typeof error?.next === 'string' ? `\nNext: ${error.next}` : '';
    printer(process.stderr)(`${error instanceof Error ? error.message : String(error)}${next}\n`);
    process.exitCode = 2;
  },
);
