/** `doctor --live` as a command: asks first, since it costs something. */
import { AppError } from '../../../core/errors.ts';
import type { AssembledServer } from '../../../server.ts';
import { agrees } from '../../commands/consent.ts';
import { type CommandIo, hasPerson } from '../../commands/io.ts';
import { EXIT, showFailure } from '../../commands/show.ts';
import { processEnvironment } from '../../environment.ts';
import { printer } from '../../terminal.ts';
import { fileLedger } from './ledger.ts';
import { liveCheck, PRICE } from './live.ts';
import { type Troubles, troubles } from './troubles.ts';

// Above every wait of ours for one command.
const LONG_SECONDS = 95;
const NODE_DIST = 'https://nodejs.org/dist';

/** @returns the exit code. @throws AppError `invalid_input` where nobody can be asked. */
export async function liveCommand(
  io: CommandIo,
  { local, yes }: { local: boolean; yes: boolean },
): Promise<number> {
  const note = printer(io.stderr);
  const seen = troubles();
  const server = io.server({ local, readOnly: false, tools: undefined }, seen.watch);
  try {
    note(`${PRICE}\n${await billedSoFar(server)}`);
    if (!yes && !hasPerson(io)) throw unasked();
    if (!yes && !(await agrees(io, 'Begin?'))) return EXIT.unasked;
    return await checked(io, local, server, seen);
  } finally {
    server.close();
  }
}

function unasked(): AppError {
  return new AppError(
    'invalid_input',
    'Nothing was tried: a live check needs a yes, and nobody can be asked',
    { next: 'Run it in a terminal, or with --yes.' },
  );
}

/** What the account tells of its bill. */
async function billedSoFar({ services }: AssembledServer): Promise<string> {
  // A key that is missing or wrong is told by the check itself.
  const usage = await services.usage({}).catch(() => undefined);
  if (usage?.awakeSeconds === undefined) return '';
  const plan = usage.plan === undefined ? '' : ` (plan ${usage.plan})`;
  return `In this period ${(usage.awakeSeconds / 3600).toFixed(1)} h awake were billed so far${plan}; this adds 0.25 h at most.\n`;
}

async function checked(
  io: CommandIo,
  local: boolean,
  server: AssembledServer,
  seen: Troubles,
): Promise<number> {
  const { config } = processEnvironment({ local });
  const waiting = io.interruptible();
  try {
    return await liveCheck({
      server,
      troubles: seen,
      ledger: fileLedger(config.stateDir),
      clock: io.clock,
      sources: [`${config.nodeMirror ?? NODE_DIST}/index.json`, config.npmRegistry],
      longSeconds: LONG_SECONDS,
      signal: waiting.signal,
      note: (text) => printer(io.stderr)(`… ${text}\n`),
      print: printer(io.stdout),
    });
  } catch (error) {
    return showFailure(io, server, error);
  } finally {
    waiting.done();
  }
}
