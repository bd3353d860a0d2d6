/** `local serve`: the flags of the local API checked, its line printed, its end tied to the signals. */
import * as z from 'zod';
import { version } from '../../package.json';
import { type Environment, readConfig } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { lineLog } from '../core/log.ts';
import { localServe } from '../local/daemon/local-serve.ts';
import { onDefect, SIGNALS } from './lifecycle.ts';
import { printer } from './terminal.ts';

const flagSchema = z.object({
  port: z.coerce.number().int().min(0).max(65_535).default(0),
  stateDir: z.string().min(1).optional(),
  runtime: z.enum(['namespace', 'process']).optional(),
  generation: z.enum(['1', '2', '3']).optional(),
});

const GENERATIONS = { '1': 1, '2': 2, '3': 3 } as const;

/** Serves until SIGTERM, SIGINT or SIGHUP. @throws AppError `config` that names the wrong flag. */
export async function localCommand(flags: unknown, env: Environment): Promise<number> {
  const parsed = flagSchema.safeParse(flags);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`);
    throw new AppError('config', `local serve did not start: ${wrong.join('; ')}`);
  }
  const { port, stateDir, runtime, generation } = parsed.data;
  const ending = new AbortController();
  for (const signal of SIGNALS) process.on(signal, () => ending.abort());
  const log = lineLog(
    (line) => printer(process.stderr)(`${line}\n`),
    (text) => text,
  );
  // A defect in one request must not end the machines of all the others.
  onDefect((error) => log.warn('unexpected error', { error }));
  await localServe({
    stateDir: stateDir ?? readConfig({ OPENCLAW_MCP_STATE_DIR: env.OPENCLAW_MCP_STATE_DIR }).stateDir,
    port,
    runtime,
    generation: generation && GENERATIONS[generation],
    version,
    env,
    clock: systemClock,
    log,
    print: (line) => process.stdout.write(`${line}\n`),
    signal: ending.signal,
  });
  return 0;
}
