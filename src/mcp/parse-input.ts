/** Turns whatever a client sent as arguments into a tool's input, or into one sentence that says what to change. */
import type * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { head, plainText } from '../core/text.ts';
import type { ParseInput } from './define-tool.ts';

// A caller that names fifty unknown fields learns no more from fifty sentences.
const MAX_FAULTS = 5;

/** Strict: unknown fields are refused by name. @throws AppError `invalid_input`; nothing was changed. */
export const parseInput: ParseInput = (tool, input, args) => {
  const parsed = input.safeParse(args ?? {});
  if (parsed.success) return parsed.data;
  const known = Object.keys(input.shape);
  const faults = parsed.error.issues.slice(0, MAX_FAULTS).map((issue) => sentence(issue, known));
  throw new AppError('invalid_input', `${tool} was not run: ${faults.join('; ')}.`, {
    next:
      known.length === 0
        ? `Call ${tool} without arguments.`
        : `Call ${tool} again; its fields are ${known.join(', ')}.`,
  });
};

function sentence(issue: z.core.$ZodIssue, known: readonly string[]): string {
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.slice(0, MAX_FAULTS).map((key) => quote(key));
    const near = issue.keys.map((key) => nearest(key, known)).find((name) => name !== undefined);
    return `there is no field ${names.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
  }
  if (issue.code === 'invalid_type') return `${placeOf(issue)} ${typeFault(issue)}`;
  return `${placeOf(issue)}: ${lowerFirst(plainText(issue.message))}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function typeFault(issue: z.core.$ZodIssueInvalidType): string {
  // A field that is not there has no other mark.
  if (issue.message.endsWith('received undefined')) return 'is missing';
  return `must be ${KINDS[issue.expected] ?? 'of another type'}`;
}

function placeOf(issue: z.core.$ZodIssue): string {
  return issue.path.length === 0 ? 'the arguments' : quote(issue.path.join('.'));
}

/** A caller's own word, shortened and clean, in quotes. */
function quote(word: string): string {
  return `"${head(plainText(word).replace(/\s+/g, ' '), 60)}"`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The known field that is spelled most like `word`, if any is close. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (s: string) => s.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  const wanted = plain(word.slice(0, 60));
  return (
    known.find((name) => plain(name) === wanted) ??
    known.find((name) => wanted !== '' && plain(name).includes(wanted))
  );
}
