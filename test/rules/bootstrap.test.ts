/** What stays bash runs on the bash of macOS, 3.2, and with what that system has beside it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const folder = new URL('../../src/bootstrap/', import.meta.url);
const scripts = readdirSync(folder)
  .filter((name) => name.endsWith('.sh'))
  .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8').replace(/^\s*#.*$/gm, '') }));

test.each([
  ['a descriptor that bash chooses', /\{[a-z_]+\}[<>]/],
  ['mapfile', /\b(?:mapfile|readarray)\b/],
  ['associative arrays', /\b(?:declare|local|typeset) -[a-zA-Z]*A/],
  ['references by name', /\b(?:declare|local|typeset) -[a-zA-Z]*n/],
  ['a fraction of a second to read', /\bread [^;|\n]*-t *[0-9]*\.[0-9]/],
  ['letters made large or small', /\$\{[a-zA-Z_]+(?:\^|,)/],
  ['coproc', /\bcoproc\b/],
  ['both outputs by one sign', /&>>|\|&/],
  ['the end of a list', /\$\{[a-zA-Z_]+\[-[0-9]/],
  ['what time it is', /EPOCHREALTIME|EPOCHSECONDS|printf '?%\(/],
  ['a text as a file, which older bash writes to one', /<<</],
  ['timeout', /(?<!-)\btimeout [0-9"$]/],
  [
    'GNU sed and stat and date',
    /\bsed -[a-z]*[ir]\b|\bstat -c|\bdate \+[^ ]*%N|\breadlink -f|\bgrep -[a-zA-Z]*P/,
  ],
])('%s is not used', (_, construct) => {
  expect(scripts.filter(({ text }) => construct.test(text)).map(({ name }) => name)).toEqual([]);
});

test('what only Linux has is used where it is there, and else something in its place', () => {
  const lines = scripts.flatMap(({ name, text }) =>
    text.split('\n').map((line) => ({ name, line: line.trim() })),
  );
  const using = (word: RegExp) => lines.filter(({ line }) => word.test(line)).map(({ line }) => line);
  expect(using(/\bmv -[a-z]*T/).every((line) => line.includes('|| mv'))).toBe(true);
  expect(using(/\bsetsid\b/).some((line) => line.includes('command -v setsid'))).toBe(true);
  for (const { text } of scripts.filter((each) => /\bflock -/.test(each.text)))
    expect(text).toContain('if command -v flock >/dev/null; then');
});
