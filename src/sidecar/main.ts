/**
 * The machine's own program, run by the machine's Node:
 * - `serve HOME PORT`: stays, and answers on its socket
 * - `start HOME PORT yes|no NODE <request`: makes sure that it does, and hands on a request; see src/bootstrap
 * - `ask <request`: hands one on where there is no curl; stands in the socket's folder
 * - `job HOME PORT ID`: is the process of a detached job; see jobs/run.ts
 * - `COMMAND HOME PORT <request.json >reply.json`: answers one itself, for a script
 *
 * A new command: its request and reply are schemas in `protocol.ts`, its function stands in `commands.ts`, and throws
 * `SidecarError` for what it expects to go wrong. From the server: `askSidecar(machines, id, command, request, options)` of
 * `openclaw/ask-sidecar.ts`. From a bash job: put `sidecar` among the script's files in `script-table.ts`, then
 * `sidecar COMMAND REPLY_FILE <request.json` (or `input_to_stdout NAME | sidecar COMMAND REPLY_FILE`); it ends the
 * script with the error's code and detail. The bundle is on the machine by then: `runScript` sends it where it is missing.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runCommand } from './commands.ts';
import { runJob } from './jobs/run.ts';
import { askSocket } from './own-client.ts';
import { errorAnswer, serve } from './server.ts';
import { SidecarError } from './sidecar-error.ts';
import { startAndAsk } from './start.ts';
import { END_MARK } from './wire.ts';

/** Told to bash: the first line of the output is a code, the rest is what some other program said about it. */
const EXPECTED_FAILURE = 3;

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
  if (command === 'ask') return write(await askSocket(input()));
  if (command === 'start') {
    const [replace, node = ''] = more;
    return write(await started(() => startAndAsk(place, { node, replace: replace === 'yes' }, input())));
  }
  try {
    write(`${JSON.stringify(await runCommand(command, place, JSON.parse(input() || '{}')))}\n`);
  } catch (error) {
    if (!(error instanceof SidecarError)) throw error;
    write(`${error.code}\n${error.detail}\n`);
    process.exitCode = EXPECTED_FAILURE;
  }
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
