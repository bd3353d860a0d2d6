/** One line that a person types in answer to a question. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

// In terminal mode readline itself echoes, to its output; this one goes nowhere.
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Undefined for Ctrl-C, the end of the input, and where `signal` ended the wait.
 * @param echo where the characters are shown; nowhere unless told.
 */
export async function typedLine(
  input: NodeJS.ReadableStream,
  echo: NodeJS.WritableStream = nowhere(),
  signal?: AbortSignal,
): Promise<string | undefined> {
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 });
  const gone = new AbortController();
  lines.on('SIGINT', () => gone.abort());
  lines.on('close', () => gone.abort());
  const ended = signal === undefined ? gone.signal : AbortSignal.any([gone.signal, signal]);
  try {
    return await lines.question('', { signal: ended });
  } catch {
    return undefined;
  } finally {
    lines.close();
  }
}
