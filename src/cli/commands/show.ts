/** How results and failures read in a terminal, and in the programs behind a pipe. */
import * as z from 'zod';
import { type AppError, isAppError } from '../../core/errors.ts';
import { plainText } from '../../core/text.ts';
import type { ForeignText } from '../../mcp/define-tool.ts';
import { explain } from '../../mcp/explain.ts';
import { renderOutcome } from '../../mcp/render.ts';
import type { AssembledServer } from '../../server.ts';
import { colourPrinter, printer } from '../terminal.ts';
import type { Answer, Told } from './call.ts';
import type { CommandIo } from './io.ts';
import type { ToolCommand } from './table.ts';
import { inCommandWords } from './words.ts';

/** The exit codes of every command; docs/commands.md tells them. */
export const EXIT = {
  done: 0,
  /** It was tried and did not work. */
  failed: 1,
  /** Nothing was tried: the command, a flag or a setting is wrong. */
  wrong: 2,
  /** Nothing was done: it needs a person's yes. */
  unasked: 3,
  /** Ctrl-C: only the wait has ended. */
  interrupted: 130,
} as const;

export type Shown = Pick<AssembledServer, 'redact' | 'log'>;

/** Prints exactly the structured result. */
export function showJson({ stdout }: CommandIo, { redact }: Shown, { outcome }: Answer): void {
  stdout.write(`${JSON.stringify(renderOutcome(outcome, redact).structuredContent, null, 2)}\n`);
}

/** Prints for people: what was asked for on stdout, what is to be said about it on stderr. */
export function showAnswer(
  io: CommandIo,
  shown: Shown,
  command: ToolCommand,
  { outcome, told }: Answer,
): void {
  const [out, err] = [printer(io.stdout), printer(io.stderr)];
  const summary = `${inCommandWords(shown.redact(outcome.summary), io.program)}\n`;
  const foreign = outcome.foreign ?? [];
  if (command.prints === 'what it printed') {
    showPrinted(io, shown, outcome);
    colourPrinter(io.stderr, isFailed(command, told) ? 'red' : 'dim')(summary);
  } else if (isFailed(command, told)) {
    colourPrinter(io.stderr, 'red')(summary);
    for (const part of foreign) err(theirs(part, shown));
  } else if (told.reply !== undefined && told.status !== 'running') {
    out(endedLine(shown.redact(told.reply)));
    colourPrinter(io.stderr, 'dim')(summary);
  } else if (command.prints !== undefined) {
    for (const part of foreign) out(endedLine(shown.redact(part.text)));
    colourPrinter(io.stderr, 'dim')(summary);
  } else {
    out(summary);
    for (const part of foreign) out(theirs(part, shown));
  }
}

/** Prints why it did not work. @returns the exit code. */
export function showFailure(io: CommandIo, shown: Shown, error: unknown): number {
  const { text, foreign } = explain(error, shown.log);
  const words = text.replace(/ Next: /, '\nNext: ');
  colourPrinter(io.stderr, 'red')(`${inCommandWords(shown.redact(words), io.program)}\n`);
  if (foreign !== undefined) printer(io.stderr)(theirs(foreign, shown));
  return isAppError(error) ? codeOf(error) : EXIT.failed;
}

const WRONG = ['config', 'invalid_input', 'ambiguous'] as const;

function codeOf(error: AppError): number {
  if (isAppError(error, ...WRONG)) return EXIT.wrong;
  return isAppError(error, 'cancelled') ? EXIT.unasked : EXIT.failed;
}

/** Whether it did not come to what the command is for. */
export function isFailed(
  { tool, prints }: Pick<ToolCommand, 'tool' | 'prints'>,
  { status, exit_code }: Told,
): boolean {
  if (prints === 'what it printed') return exit_code !== 0;
  return status === 'failed' || (status === 'cancelled' && tool.name !== 'cancel_operation');
}

const printed = z.looseObject({
  json: z.unknown().optional(),
  stdout: z.string().default(''),
  stderr: z.string().default(''),
});

/** Each of the streams of a command that ran on the machine on its own stream here, for pipes. */
function showPrinted(io: CommandIo, { redact }: Shown, outcome: Answer['outcome']): void {
  const { json, stdout, stderr } = printed.parse(renderOutcome(outcome, redact).structuredContent);
  const out = json === undefined ? stdout : JSON.stringify(json, null, 2);
  if (out !== '') printer(io.stdout)(endedLine(out));
  if (stderr !== '') printer(io.stderr)(endedLine(stderr));
}

/** Somebody else's words, each line marked so that none can pass for ours. */
function theirs({ label, text }: ForeignText, { redact }: Shown): string {
  const lines = plainText(redact(text)).trimEnd().split('\n');
  return [`${label}:`, ...lines.map((line) => `│ ${line}`), ''].join('\n');
}

function endedLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
