/** The start: whether a server or a command is meant, and nothing else; each is read only when it is. */
import './first.ts';
import * as nodeModule from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import envPaths from 'env-paths';
import { version } from '../../package.json';
import { endWithReader, outliveReader, printer } from './terminal.ts';

const MIN_NODE_MAJOR = 20;

async function main(argv: string[]): Promise<number | undefined> {
  if (Number(process.versions.node.split('.')[0]) < MIN_NODE_MAJOR) {
    throw new Error(`Node ${MIN_NODE_MAJOR} or newer is needed; this is ${process.versions.node}`);
  }
  const flags = serverFlags(argv);
  if (flags?.version) return print(`${version}\n`);
  keepCompiled();
  if (flags !== undefined && !flags.help) {
    const { serveCommand } = await import('./serve.ts');
    await serveCommand({ local: flags.local, readOnly: flags['read-only'], tools: flags.tools });
    return undefined;
  }
  // The server ends with its client in its own way.
  endWithReader(process.stdout);
  outliveReader(process.stderr);
  const { runCommand } = await import('./commands.ts');
  return runCommand(argv);
}

/** Undefined where the words are a command's. */
function serverFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        local: { type: 'boolean', default: false },
        'read-only': { type: 'boolean', default: false },
        tools: { type: 'string' },
        version: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch {
    return undefined;
  }
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
