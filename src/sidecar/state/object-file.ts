/** A JSON object in a file that people and OpenClaw write too: read in any form, changed without losing what they wrote. */
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import jju from 'jju';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { parseJson5 } from '../../core/json5.ts';
import { isPatch, type Patch } from '../../core/patch.ts';

/** Far more than settings or secrets ever are; a larger file is not read. */
const MAX_BYTES = 8 * 1024 * 1024;

/** `json`: as a program writes it · `json5`: with comments, bare keys or trailing commas. */
export type ObjectFile =
  | { form: 'missing' | 'unreadable' }
  | { form: 'json' | 'json5'; text: string; value: Patch };

/** Never throws: a file that is too large, of another kind or not to be parsed is `unreadable`. An empty one is missing. */
export function readObject(file: string): ObjectFile {
  const text = textOf(file);
  if (text === undefined) return { form: 'unreadable' };
  if (text.trim() === '') return { form: 'missing' };
  const strict = parseJson(text);
  if (isPatch(strict)) return { form: 'json', text, value: strict };
  const value = parseJson5(text);
  return isPatch(value) ? { form: 'json5', text, value } : { form: 'unreadable' };
}

export interface ChangedText {
  text: string;
  /** False where comments were there that the new text does not have. */
  keepsComments: boolean;
}

/** The text of a file that says `after`, as much as possible in the layout of what was there. */
export function changedText(before: ObjectFile, after: Patch): ChangedText {
  if (!('text' in before)) return { text: `${JSON.stringify(after, null, 2)}\n`, keepsComments: true };
  if (isDeepStrictEqual(before.value, after)) return { text: before.text, keepsComments: true };
  if (before.form === 'json') {
    const indent = before.text.trim().includes('\n') ? 2 : 0;
    return { text: `${JSON.stringify(after, null, indent)}\n`, keepsComments: true };
  }
  const edited = editedJson5(before.text, after);
  return edited === undefined
    ? { text: `${JSON.stringify(after, null, 2)}\n`, keepsComments: false }
    : { text: edited, keepsComments: true };
}

/** Proved by reading it back: undefined where the editor did not get it right. */
function editedJson5(text: string, after: Patch): string | undefined {
  try {
    const edited = jju.update(text, after, { mode: 'json5' });
    return isDeepStrictEqual(parseJson5(edited), after) ? edited : undefined;
  } catch {
    return undefined;
  }
}

/** Whole or not at all, readable by its owner only; a link of this name is replaced, never followed. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  const draft = `${file}.new.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, content, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
}

/** A copy of `file` under a name beside it that nothing has yet. @returns the name of the copy. */
export function keepBeside(file: string, text: string): string {
  const stamp = new Date(systemClock.now()).toISOString().slice(0, 19).replaceAll(':', '-');
  for (let count = 0; ; count++) {
    const name = `${file}.before-${stamp}${count === 0 ? '' : `-${count}`}`;
    try {
      writeFileSync(name, text, { mode: 0o600, flag: 'wx' });
      return name;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
  }
}

/** Empty where there is none; undefined where it is too large, of another kind or cannot be read. */
export function textOf(file: string): string | undefined {
  let opened: number;
  try {
    // A pipe in its place must not hold the reader.
    opened = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return isErrno(error, 'ENOENT') ? '' : undefined;
  }
  try {
    const seen = fstatSync(opened);
    return seen.isFile() && seen.size <= MAX_BYTES ? readFileSync(opened, 'utf8') : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(opened);
  }
}
