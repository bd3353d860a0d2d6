/**
 * The machine's own program, run by the machine's Node:
 * - `serve HOME PORT`: stays, and answers on its socket
 * - `start HOME PORT yes|no NODE <request`: makes sure that it does, and hands on a request; see src/bootstrap
 * - `ask <request`: hands one on where there is no curl; stands in the socket's folder
 * - `job HOME PORT ID`: is the process of a detached job; see jobs/run.ts
 * - `prepare HOME PORT`: asks the gateway, after its start, for what its first turn will need; see watch/first-turn.ts
 *
 * A new command: its request and reply are schemas in `schemas.ts`, its function stands in `commands.ts`, and throws
 * `SidecarError` for what it expects to go wrong. From the server: `askSidecar(machines, id, command, request, options)` of
 * `openclaw/sidecar/ask-sidecar.ts`.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runJob } from './jobs/run.ts';
import { askSocket } from './own-client.ts';
import { errorAnswer, serve } from './server.ts';
import { startAndAsk } from './start.ts';
import { prepare } from './watch/first-turn.ts';
import { END_MARK } from './wire.ts';

async function main([command = '', home = '', port = '', ...more]: readonly string[]): Promise<void> {
  // Whatever it writes is somebody's own.
  process.umask(0o077);
  const place = { home, port: Number(port) };
  if (command === 'serve') {
    await serve(place);
    // A request that has no end holds nobody up.
    process.exit();
  }
  if (command === 'job') return runJob(place, more[0] ?? '');
  if (command === 'prepare') return prepare(place);
  if (command === 'ask') return write(await askSocket(input()));
  if (command === 'start') {
    const [replace, node = ''] = more;
    return write(await started(() => startAndAsk(place, { node, replace: replace === 'yes' }, input())));
  }
  throw new Error(`unknown command: ${command}`);
}

/** Told as the server tells it. */
async function started(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    return `${JSON.stringify(errorAnswer(error))}\n${END_MARK}`;
  }
}

const input = () => readFileSync(0, 'utf8');

function write(text: string): void {
  process.stdout.write(text);
}

await main(process.argv.slice(2));
