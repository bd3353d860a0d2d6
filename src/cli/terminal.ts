/** What the commands print: whatever a file, a machine or a name holds, a terminal gets nothing but text. */
import { plainText } from '../core/text.ts';

/** Writes to `stream`, without anything that a terminal would obey. */
export function printer(stream: NodeJS.WritableStream): (text: string) => void {
  return (text) => void stream.write(plainText(text));
}

/** Whether a line of it can be written again: a terminal that calls itself dumb (an editor's, a log's) cannot. */
export function redraws({ isTTY }: { isTTY?: boolean | undefined }, env = process.env): boolean {
  return isTTY === true && env.TERM !== 'dumb';
}

const COLOURS = { red: 31, dim: 2 } as const;

/** As `printer`, in a colour where the stream is a terminal that shows some and NO_COLOR is not set. */
export function colourPrinter(
  stream: NodeJS.WritableStream & { hasColors?(): boolean },
  colour: keyof typeof COLOURS,
): (text: string) => void {
  const coloured = stream.hasColors?.() === true;
  return (text) => {
    const plain = plainText(text);
    stream.write(coloured ? `\u001b[${COLOURS[colour]}m${plain}\u001b[0m` : plain);
  };
}

/** The reader of this stream may close it: the work, and its result on the other stream, go on. */
export function outliveReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Ends the process when the reader of this stream closes it, as `| head` does: nobody would read the rest. */
export function endWithReader(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
