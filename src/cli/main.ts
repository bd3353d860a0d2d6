/** The command line: which of the few commands was meant, and nothing else. */
import { Console } from 'node:console';
import { parseArgs } from 'node:util';
import { config as readDotenv } from 'dotenv';
import { version } from '../../package.json';
import { isAppError } from '../core/errors.ts';
import { environmentWithSecrets } from './environment.ts';

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
  const dotenv: Record<string, string> = {};
  readDotenv({ quiet: true, processEnv: dotenv });
  const plain = { ...dotenv, ...process.env };
  const environment = () => environmentWithSecrets(process.env, dotenv);
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
  if (values.help) return print(USAGE);
  if (values.version) return print(`${version}\n`);
  const command = positionals.join(' ');
  if (command === 'demo') return (await import('./demo.ts')).demoCommand(environment());
  if (command === 'local serve') {
    const { localCommand } = await import('./local.ts');
    const { port, runtime, generation } = values;
    return localCommand({ port, stateDir: values['state-dir'], runtime, generation }, plain);
  }
  if (positionals[0] === 'login') {
    const { loginCommand } = await import('./login.ts');
    const { stdin, stdout } = process;
    return loginCommand(positionals.slice(1), { env: plain, stdin, stdout });
  }
  if (positionals[0] === 'install') {
    const { installCommand } = await import('./install.ts');
    const { local, config } = values;
    return installCommand(
      { client: positionals.slice(1).join(' '), local, dryRun: values['dry-run'], config },
      plain,
    );
  }
  if (command === 'doctor') {
    const { doctorCommand } = await import('./doctor.ts');
    return doctorCommand({ local: values.local, json: values.json }, environment);
  }
  if (command !== '') throw new Error(`There is no command "${command}"\n\n${USAGE}`);
  // Whatever a bundled package prints must not reach stdout: that is the protocol.
  globalThis.console = new Console(process.stderr, process.stderr);
  const { connectCloud, connectLocal, serve } = await import('./serve.ts');
  await serve(environment, values.local ? connectLocal(plain) : connectCloud, {
    readOnly: values['read-only'],
    tools: values.tools,
  });
  return undefined;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    if (code !== undefined) process.exitCode = code;
  },
  (error) => {
    const next = isAppError(error) && error.next !== undefined ? `\nNext: ${error.next}` : '';
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}${next}\n`);
    process.exitCode = 2;
  },
);
