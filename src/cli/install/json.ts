/** Puts an entry into a client's JSON settings; comments, order and everything else stay as they are. */
import { isDeepStrictEqual } from 'node:util';
import json5 from 'json5';
import { applyEdits, type FormattingOptions, modify, type ParseError, parse } from 'jsonc-parser';
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import type { ClientSettings, JsonObject } from './clients.ts';
import { withKept } from './kept.ts';

const object = z.record(z.string(), z.unknown());
const inputList = z.array(z.looseObject({ id: z.string().optional() }));

/**
 * The file's text with the entry in it. What the user changed in an earlier entry stays: other fields, and every
 * value in `env`.
 * @param text of the file as it is; empty where there is none
 * @throws AppError `conflict` when the text is not JSON, or the entry's place holds something else
 */
export function withJsonEntry(text: string, settings: ClientSettings): string {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const plain = text.slice(mark.length);
  const [fault] = settings.json5 === true ? [] : jsoncErrors(plain);
  if (fault !== undefined) throw notJson(placeOf(plain, fault.offset));
  const root = readRoot(plain);
  const value = merged(settings.value, objectAt(root, settings.path));
  const changed = isJsonc(plain) ? edited(plain, settings, value) : inserted(plain, settings, value);
  prove(root, changed, settings, value);
  return mark + changed;
}

/** The entry as `text` has it; empty where there is none. @throws AppError `conflict` as above */
export function jsonEntry(text: string, settings: ClientSettings): JsonObject {
  return objectAt(readRoot(text.replace(/^\uFEFF/, '')), settings.path);
}

function edited(plain: string, settings: ClientSettings, value: JsonObject): string {
  const format = indentationOf(plain);
  const given = plain.trim() === '' ? '{}\n' : plain;
  let changed = isDeepStrictEqual(objectAt(readRoot(plain), settings.path), value)
    ? given
    : set(given, settings.path, value, format);
  for (const input of settings.inputs ?? []) changed = withInput(changed, input, format);
  return changed;
}

/** JSON5, as OpenClaw writes and reads it: no editor keeps its comments, so only a new section can be put in front. */
function inserted(plain: string, settings: ClientSettings, value: JsonObject): string {
  const root = readRoot(plain);
  if (isDeepStrictEqual(objectAt(root, settings.path), value)) return plain;
  const [section = '', ...inner] = settings.path;
  if (section in root) throw sectionThere(section);
  const start = /^(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*\{/.exec(plain)?.[0];
  if (start === undefined) throw notJson();
  const nested = inner.reduceRight<unknown>((within, key) => ({ [key]: within }), value);
  const eol = plain.includes('\r\n') ? '\r\n' : '\n';
  const lines = `${JSON.stringify(section)}: ${JSON.stringify(nested, null, 2)},`
    .split('\n')
    .join(`${eol}  `);
  return `${start}${eol}  ${lines}${plain.slice(start.length)}`;
}

/** Whether what was written reads back as what was there with our entry in it, and nothing else has changed. */
function prove(before: JsonObject, changed: string, settings: ClientSettings, value: JsonObject): void {
  const after = readRoot(changed);
  const right =
    isDeepStrictEqual(objectAt(after, settings.path), value) &&
    isDeepStrictEqual(others(after, settings.path), others(before, settings.path));
  if (!right) throw notJson();
}

/** Everything but what `path` leads to, and the list that the entry adds to. */
function others(root: JsonObject, [key = '', ...rest]: readonly string[]): unknown {
  const { [key]: own, inputs: _, ...siblings } = root;
  const inner = object.safeParse(own ?? {});
  if (rest.length === 0 || !inner.success) return siblings;
  return { ...siblings, [key]: others(inner.data, rest) };
}

function isJsonc(text: string): boolean {
  return jsoncErrors(text).length === 0;
}

function jsoncErrors(text: string): ParseError[] {
  const errors: ParseError[] = [];
  parse(text, errors, OPTIONS);
  return errors;
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** As the client reads it: the last of two fields of one name counts. */
function readRoot(text: string): JsonObject {
  const errors: ParseError[] = [];
  const jsonc: unknown = parse(text, errors, OPTIONS) ?? {};
  const root = object.safeParse(errors.length === 0 ? jsonc : readJson5(text));
  if (!root.success) throw notJson();
  return root.data;
}

const OPTIONS = { allowTrailingComma: true, allowEmptyContent: true };

function readJson5(text: string): unknown {
  try {
    return json5.parse(text);
  } catch (error) {
    const at = z.object({ lineNumber: z.number(), columnNumber: z.number() }).safeParse(error).data;
    throw notJson(at && `line ${at.lineNumber}, column ${at.columnNumber}`);
  }
}

function objectAt(root: JsonObject, path: readonly string[]): JsonObject {
  return path.reduce<JsonObject>((parent, key) => {
    if (parent[key] === undefined) return {};
    const child = object.safeParse(parent[key]);
    if (!child.success) throw notJson();
    return child.data;
  }, root);
}

function merged(ours: JsonObject, earlier: JsonObject): JsonObject {
  const env = object.safeParse(earlier.env);
  const own = object.safeParse(ours.env);
  return { ...withKept(ours, earlier), ...(own.success && { env: { ...own.data, ...(env.data ?? {}) } }) };
}

function withInput(text: string, input: JsonObject, format: FormattingOptions): string {
  const inputs = inputList.safeParse(readRoot(text).inputs ?? []);
  if (!inputs.success) throw notJson();
  if (inputs.data.some(({ id }) => id === input.id)) return text;
  if (inputs.data.length === 0) return set(text, ['inputs'], [input], format);
  const end = ['inputs', inputs.data.length];
  return applyEdits(text, modify(text, end, input, { formattingOptions: format, isArrayInsertion: true }));
}

function set(text: string, path: readonly string[], value: unknown, format: FormattingOptions): string {
  return applyEdits(text, modify(text, [...path], value, { formattingOptions: format }));
}

/** As the file has it; two spaces in a new one. */
function indentationOf(text: string): FormattingOptions {
  const indent = /^([ \t]+)\S/m.exec(text)?.[1] ?? '  ';
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  return { insertSpaces: !indent.startsWith('\t'), tabSize: indent.length, eol };
}

function notJson(place?: string): AppError {
  return new AppError(
    'conflict',
    `the file is not in the form that this client documents${place === undefined ? '' : ` (${place})`}, so it was left alone`,
    {
      next: 'Mend the file, or put the entry into it by hand.',
    },
  );
}

function sectionThere(section: string): AppError {
  return new AppError(
    'conflict',
    `the file is JSON5 and has "${section}" already; adding to it would lose its comments, so it was left alone`,
    { next: 'Put the entry into it by hand.' },
  );
}
