/** A reply on a terminal, written on as it arrives. */
import type { Redact } from '../../../core/redact.ts';
import { plainText } from '../../../core/text.ts';
import type { ProgressUpdate } from '../../../mcp/define-tool.ts';
import { colourPrinter } from '../../terminal.ts';
import type { CommandIo } from '../io.ts';

export interface GrowingReply {
  progress(update: ProgressUpdate): void;
  /** Writes what is missing of the whole reply. */
  end(whole: string): void;
  /** It ended in the middle. */
  broken(): void;
}

/** The stages before the reply are told on stderr, each once. */
export function growingReply({ stdout, stderr }: CommandIo, redact: Redact): GrowingReply {
  const note = colourPrinter(stderr, 'dim');
  let shown = '';
  let stage = '';
  const grow = (text: string) => {
    // A secret is recognised, and masked, only once enough of it has come: then what was shown is no beginning of the text any
    // more. Nothing more is shown until the end, which prints the whole reply anew.
    if (!text.startsWith(shown)) return;
    stdout.write(text.slice(shown.length));
    shown = text;
  };
  return {
    progress({ message, foreign }) {
      if (foreign !== undefined) return grow(plainText(redact(foreign.text)));
      const [name = ''] = message.split(/[:(]/, 1);
      if (name === stage || shown !== '') return;
      stage = name;
      note(`· ${name.trim()}\n`);
    },
    end(whole) {
      const text = plainText(redact(whole));
      if (!text.startsWith(shown)) {
        stdout.write(`\n${text}\n`);
        return;
      }
      grow(text);
      stdout.write('\n');
    },
    broken() {
      if (shown !== '') stdout.write('\n');
    },
  };
}
