/** The command `local serve --state-dir DIR` alone, so that a test can start, kill and share a real server process. */
import '../../../src/cli/first.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { lineLog } from '../../../src/core/log.ts';
import { localServe } from '../../../src/local/daemon/local-serve.ts';

const end = new AbortController();
process.once('SIGTERM', () => end.abort());
await localServe({
  stateDir: process.argv[process.argv.indexOf('--state-dir') + 1] ?? '',
  port: 0,
  runtime: 'process',
  generation: undefined,
  // The test names its bins after the version that they shall be of.
  version: /(\d+\.\d+\.\d+)\.mjs$/.exec(process.argv[1] ?? '')?.[1] ?? '1.0.0',
  env: process.env,
  clock: systemClock,
  log: lineLog(
    (line) => process.stderr.write(`${line}\n`),
    (text) => text,
  ),
  print: (line) => process.stdout.write(`${line}\n`),
  signal: end.signal,
});
