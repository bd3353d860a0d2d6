/** What the commands print: whatever a file, a machine or a name holds, a terminal gets nothing but text. */
import { plainText } from '../core/text.ts';

/** Writes to `stream`, without anything that a terminal would obey. */
export function printer(stream: NodeJS.WritableStream): (text: string) => void {
  return (text) => void stream.write(plainText(text));
}

/** `| head` has enough: the rest is nobody's. */
export function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
