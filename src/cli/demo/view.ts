/** How the demo's steps read: lines that stay, and the closing table. */
import { plainText } from '../../core/text.ts';

export interface StepResult {
  title: string;
  seconds: number;
  ok: boolean;
  detail: string;
}

/** The result of a step as one line. */
export function stepLine({ title, seconds, ok, detail }: StepResult): string {
  return `${ok ? '✓' : '✗'} ${title.padEnd(28)} ${seconds.toFixed(1).padStart(6)} s   ${detail}`;
}

/** All steps with their times, and their sum. */
export function closingTable(results: readonly StepResult[]): string {
  const sum = results.reduce((total, { seconds }) => total + seconds, 0);
  const rule = '─'.repeat(60);
  const total = `  ${'Total'.padEnd(28)} ${sum.toFixed(1).padStart(6)} s`;
  return [rule, ...results.map(stepLine), rule, total].join('\n');
}

/** What somebody said, indented under their name; nothing in it can steer the terminal. */
export function spoken(who: string, text: string): string {
  const lines = plainText(text).trim().split('\n');
  return lines.map((line, index) => `    ${(index === 0 ? who : '').padEnd(10)} ${line}`).join('\n');
}
