/** Turns whatever a client sent as arguments into a tool's input, or into one sentence that says what to change. */

import type * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { head, plainText } from '../core/text.ts';
import type { ParseInput } from './define-tool.ts';

// A caller that names fifty unknown fields learns no more from fifty sentences.
const MAX_FAULTS = 5;

/** Strict: unknown fields are refused by name. @throws AppError `invalid_input`; nothing was changed. */
export const parseInput: ParseInput = (tool, input, args) => {
  const asked = input.safeParse(args ?? {});
  if (asked.success) return asked.data;
  const parsed = input.safeParse(asMeant(args, asked.error.issues));
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

/** What a client tells itself and passes on to every tool (Cline, when it keeps a list of tasks). */
const CLIENTS_OWN = ['task_progress'];

/**
 * The arguments with every null that the tool does not know and every field of the client's own left out, and with
 * numbers, truths, lists and objects that were written as text where the tool knows no text there: models and clients do
 * all of it.
 */
function asMeant(args: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  const meant: unknown = structuredClone(args ?? {});
  const notKnown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  for (const field of CLIENTS_OWN.filter((name) => notKnown.includes(name))) {
    if (typeof meant === 'object' && meant !== null) Reflect.deleteProperty(meant, field);
  }
  for (const { issue, path } of issues.flatMap((one) => wantedTypes(one, []))) {
    const holder = path.slice(0, -1).reduce<unknown>((value, key) => fieldOf(value, key), meant);
    const name = path.at(-1);
    if (typeof holder !== 'object' || holder === null || name === undefined) continue;
    const value = fieldOf(holder, name);
    if (value === null && !Array.isArray(holder)) Reflect.deleteProperty(holder, name);
    const plain = typeof value === 'string' ? notText(value.trim(), issue) : undefined;
    if (plain !== undefined) Reflect.set(holder, name, plain);
  }
  return meant;
}

/** Also those inside of a choice between several forms. */
function wantedTypes(
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
): { issue: z.core.$ZodIssue; path: readonly PropertyKey[] }[] {
  const path = [...above, ...issue.path];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  return [{ issue, path }, ...issue.errors.flat().flatMap((one) => wantedTypes(one, path))];
}

function notText(text: string, issue: z.core.$ZodIssue): number | boolean | object | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  if (/^[[{]/.test(text)) return isWholeType(issue.expected) ? structureIn(text) : undefined;
  if (/^(?:true|false)$/i.test(text)) return issue.expected === 'boolean' ? /^t/i.test(text) : undefined;
  const isNumber = issue.expected === 'number' || issue.expected === 'int';
  return isNumber && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text) ? Number(text) : undefined;
}

const isWholeType = (expected: string) => ['array', 'object', 'record'].includes(expected);

function structureIn(text: string): object | undefined {
  const value = parseJson(text);
  return typeof value === 'object' && value !== null ? value : undefined;
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

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
