/** Where a chat's message comes from when it is not on the command line: a pipe, whole and exactly. */
import { AppError } from '../../../core/errors.ts';
import type { CommandIo, InputStream } from '../io.ts';

// As the tool takes; what is longer is read no further.
const MAX_BYTES = 4_000_000;

// Some programs start others with a pipe that nobody ever writes to or closes. From a file or a filter something comes sooner.
const QUIET_MS = 3_000;

/**
 * The whole input without its last line end. Says what it waits for where nothing comes.
 * @throws AppError `invalid_input` before anything is paid for.
 */
export async function pipedMessage({ stdin, stderr, clock }: Piped): Promise<string> {
  const begun = new AbortController();
  stdin.once('readable', () => begun.abort());
  const told = clock.sleep(QUIET_MS, begun.signal).then(
    () => void stderr.write('Waiting for the message on stdin; or give it as one argument, in quotes.\n'),
    () => {},
  );
  try {
    return await wholeMessage(stdin);
  } finally {
    begun.abort();
    await told;
  }
}

type Piped = Pick<CommandIo, 'stdin' | 'stderr' | 'clock'>;

async function wholeMessage(stdin: InputStream): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of stdin) {
    const buffer = Buffer.from(piece);
    pieces.push(buffer);
    bytes += buffer.length;
    if (bytes > MAX_BYTES) throw refused('is too long');
  }
  const message = decoded(Buffer.concat(pieces)).replace(/\r?\n$/, '');
  if (message.trim() === '') throw refused('is empty');
  return message;
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw refused('is not UTF-8');
  }
}

function refused(what: string): AppError {
  return new AppError('invalid_input', `Nothing was sent: the message on stdin ${what}`, {
    next: 'Pass it as one argument, in quotes, or through a pipe.',
  });
}
