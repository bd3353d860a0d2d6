/** What a live check saw, beside what this server assumes; to be pasted into an issue as it is. */
import { head, plainText } from '../../../core/text.ts';

export interface Line {
  what: string;
  assumed: string;
  seen: string;
  /** What went wrong on the way, and was mended or not. */
  troubles: string;
  seconds: number;
}

// A machine's own words may stand in it; nobody needs more of them.
const MAX_SEEN = 160;

/** As a table in Markdown. */
export function reportOf(lines: readonly Line[], redact: (text: string) => string): string {
  const rows = lines.map(
    ({ what, assumed, seen, troubles, seconds }) =>
      `| ${what} | ${assumed} | ${[cell(redact(seen)), troubles].filter(Boolean).join('; ')} | ${seconds.toFixed(1)} |`,
  );
  return ['| what | this server assumes | seen | s |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function cell(text: string): string {
  return head(plainText(text).replace(/\s+/g, ' ').trim(), MAX_SEEN)
    .replaceAll('\n', ' ')
    .replaceAll('|', '/');
}
