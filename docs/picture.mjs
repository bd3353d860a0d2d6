/** Draws what the demo printed, read from stdin, as a picture of a terminal for the README. */
import { readFileSync } from 'node:fs';

const MAX_COLUMNS = 96;
const LINE = 19;
const COLUMN = 8.43;
const MARGIN = 20;
const BAR = 34;

// One line per stage is for logs; the picture has the line that closes each step, and stops before the closing table.
const lines = readFileSync(0, 'utf8')
  .split('\n')
  .filter((line) => !/^ +\d+\.\d s /.test(line));
const end = lines.findIndex((line) => line.startsWith('Cleaning up'));
const total = lines.filter((line) => /^ {2}Total|^Nothing is left/.test(line));
const shown = ['$ npm run demo', '', ...lines.slice(0, end), '', ...total].flatMap(wrapped);

/** A long line goes on under its text, in its colour. */
function wrapped(line) {
  const indent = ' '.repeat(/^(?: {4}\S+ +|[✓✗] .{28} +\S+ s +)/.exec(line)?.[0].length ?? 0);
  const fill = colour(line);
  const rows = [];
  let rest = line;
  while (rest.length > MAX_COLUMNS) {
    const cut = rest.lastIndexOf(' ', MAX_COLUMNS);
    rows.push({ fill, text: rest.slice(0, cut) });
    rest = indent + rest.slice(cut + 1);
  }
  return [...rows, { fill, text: rest }];
}

function colour(line) {
  if (line.startsWith('✓')) return '#3fb950';
  if (line.startsWith('✗')) return '#f85149';
  if (line.startsWith('$')) return '#f0f6fc';
  return /^ {4}/.test(line) ? '#a5d6ff' : '#8b949e';
}

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const width = Math.ceil(MAX_COLUMNS * COLUMN + 2 * MARGIN);
const height = BAR + shown.length * LINE + MARGIN;
const rows = shown.map(({ fill, text }, index) => {
  const y = (BAR + (index + 0.8) * LINE).toFixed(1);
  return text.trim() === '' ? '' : `<text x="${MARGIN}" y="${y}" fill="${fill}">${escaped(text)}</text>\n`;
});
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>A run of npm run demo</title>
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
<g fill="#30363d"><circle cx="20" cy="18" r="6"/><circle cx="40" cy="18" r="6"/><circle cx="60" cy="18" r="6"/></g>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" xml:space="preserve">
${rows.join('')}</g>
</svg>
`);
