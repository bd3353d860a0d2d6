/** `doctor --live` as a command: asks first, since it costs something. */
import { AppError } from '../../../core/errors.ts';
import { agrees } from '../../commands/consent.ts';
import { type CommandIo, hasPerson } from '../../commands/io.ts';
import { EXIT, showFailure } from '../../commands/show.ts';
import { processEnvironment } from '../../environment.ts';
import { printer } from '../../terminal.ts';
import { fileLedger } from './ledger.ts';
import { liveCheck, PRICE } from './live.ts';

// Above every wait of ours for one command.
const LONG_SECONDS = 95;
const NODE_DIST = 'https://nodejs.org/dist';

/** @returns the exit code. @throws AppError `invalid_input` where nobody can be asked. */
export async function liveCommand(
  io: CommandIo,
  { local, yes }: { local: boolean; yes: boolean },
): Promise<number> {
  const note = printer(io.stderr);
  note(`${PRICE}\n`);
  if (!yes && !hasPerson(io)) {
    throw new AppError(
      'invalid_input',
      'Nothing was tried: a live check needs a yes, and nobody can be asked',
      {
        next: 'Run it in a terminal, or with --yes.',
      },
    );
  }
  if (!yes && !(await agrees(io, 'Begin?'))) return EXIT.unasked;
  const { config } = processEnvironment({ local });
  const server = io.server({ local, readOnly: false, tools: undefined });
  const waiting = io.interruptible();
  try {
    return await liveCheck({
      server,
      ledger: fileLedger(config.stateDir),
      clock: io.clock,
      sources: [`${config.nodeMirror ?? NODE_DIST}/index.json`, config.npmRegistry],
      longSeconds: LONG_SECONDS,
      signal: waiting.signal,
      note: (text) => note(`… ${text}\n`),
      print: printer(io.stdout),
    });
  } catch (error) {
    return showFailure(io, server, error);
  } finally {
    waiting.done();
    server.close();
  }
}
