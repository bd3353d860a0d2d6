/**
 * The machine's own program: `node sidecar.mjs COMMAND HOME PORT < request.json > reply.json`, run by the machine's Node.
 *
 * `node sidecar.mjs job HOME PORT ID` is the process of a detached job; see jobs/run.ts.
 *
 * A new command: its request and reply are schemas in `protocol.ts`, its function stands in `commands.ts`, and throws
 * `SidecarError` for what it expects to go wrong. From the server: `askSidecar(run, command, request, options)` of
 * `openclaw/ask-sidecar.ts`. From a bash job: put `sidecar` among the script's files in `script-table.ts`, then
 * `sidecar COMMAND REPLY_FILE <request.json` (or `input_to_stdout NAME | sidecar COMMAND REPLY_FILE`); it ends the
 * script with the error's code and detail. The bundle is on the machine by then: `runScript` sends it where it is missing.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runCommand } from './commands.ts';
import { runJob } from './jobs/run.ts';
import { SidecarError } from './sidecar-error.ts';

/** Told to bash: the first line of the output is a code, the rest is what some other program said about it. */
const EXPECTED_FAILURE = 3;

async function main([command = '', home = '', port = '', id = '']: readonly string[]): Promise<void> {
  // Whatever it writes is somebody's own.
  process.umask(0o077);
  const place = { home, port: Number(port) };
  if (command === 'job') return runJob(place, id);
  try {
    const request: unknown = JSON.parse(readFileSync(0, 'utf8') || '{}');
    write(JSON.stringify(await runCommand(command, place, request)));
  } catch (error) {
    if (!(error instanceof SidecarError)) throw error;
    write(`${error.code}\n${error.detail}`);
    process.exitCode = EXPECTED_FAILURE;
  }
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}

await main(process.argv.slice(2));
