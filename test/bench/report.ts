/** The figures of one run as a table and as JSON, against the goals and against the run before. */
import { readFileSync, writeFileSync } from 'node:fs';

export interface Figure {
  what: string;
  /** Absolute, for the reader. */
  seen: string;
  /** What is compared: a ratio or a count, smaller is better. */
  value: number;
  /** At most this; left out where the figure is only reported. */
  goal?: number | undefined;
}

export interface Results {
  at: string;
  node: string;
  /** Cores and memory, which absolute times depend on. */
  computer: string;
  figures: Figure[];
}

const FILE = new URL('results.json', import.meta.url);
// Runs on the same computer differ by a few percent; a tenth is a change that somebody made.
const NOTICEABLE = 1.1;

export function previousResults(): Results | undefined {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8'));
  } catch {
    return undefined;
  }
}

export function keepResults(results: Results): void {
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
}

/** Markdown for the README: what was seen, and whether the goal is met. */
export function goals(results: Results): string {
  const rows = results.figures.map(({ what, seen, value, goal }) => {
    const wanted = goal === undefined ? '' : `≤ ${round(goal)}${value <= goal ? '' : ' (missed)'}`;
    return `| ${what} | ${seen} | ${round(value)} | ${wanted} |`;
  });
  return ['| what | seen | value | goal |', '|---|---|---|---|', ...rows].join('\n');
}

/** Markdown for the console, with the run before. */
export function table(results: Results, before: Results | undefined): string {
  const rows = results.figures.map((figure) => {
    const earlier = before?.figures.find((other) => other.what === figure.what);
    const worse = earlier !== undefined && figure.value > earlier.value * NOTICEABLE;
    const change = earlier === undefined ? '' : `${round(earlier.value)}${worse ? ' WORSE BY A TENTH' : ''}`;
    const { goal } = figure;
    const met = goal === undefined ? ' | ' : `${round(goal)} | ${figure.value <= goal ? 'yes' : 'NO'}`;
    return `| ${figure.what} | ${figure.seen} | ${round(figure.value)} | ${met} | ${change} |`;
  });
  return ['| what | seen | value | goal | met | before |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}
