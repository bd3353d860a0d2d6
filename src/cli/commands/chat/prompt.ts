/** One message that a person types, or pastes, in a conversation. */
import { createInterface } from 'node:readline';
import type { CommandIo } from '../io.ts';

/**
 * - sent: a line, or all lines of what was pasted at once
 * - dropped: Ctrl-C with something typed
 * - left: Ctrl-C with nothing typed, Ctrl-D, or the end of the input
 */
export type Typed = { kind: 'sent'; text: string } | { kind: 'dropped' } | { kind: 'left' };

// A terminal hands over what was pasted at once; nobody types two lines in this time.
const PASTE_MS = 60;

/** @param history earlier lines, newest first. */
export function typedMessage(
  { stdin, stderr, clock }: Pick<CommandIo, 'stdin' | 'stderr' | 'clock'>,
  prompt: string,
  history: readonly string[],
): Promise<Typed> {
  const lines = createInterface({
    input: stdin,
    output: stderr,
    terminal: true,
    history: [...history],
    prompt,
  });
  return new Promise((resolve) => {
    const typed: string[] = [];
    let settled = false;
    const settle = (result: Typed) => {
      if (settled) return;
      settled = true;
      lines.close();
      resolve(result);
    };
    const sent = () => settle({ kind: 'sent', text: typed.join('\n') });
    lines.on('line', (line) => {
      typed.push(line);
      // One message, paid once, however many lines were pasted.
      if (typed.length === 1) void clock.sleep(PASTE_MS).then(sent);
    });
    lines.on('SIGINT', () => settle(lines.line === '' ? { kind: 'left' } : { kind: 'dropped' }));
    lines.on('close', () => (typed.length > 0 ? sent() : settle({ kind: 'left' })));
    lines.prompt();
  });
}
