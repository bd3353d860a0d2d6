/** Puts an entry into a client's JSON settings; comments, order and everything else stay as they are. */
import { applyEdits, type FormattingOptions, modify, type ParseError, parse } from 'jsonc-parser';
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { ClientSettings, JsonObject } from './install-clients.ts';

const object = z.record(z.string(), z.unknown());
const inputList = z.array(z.looseObject({ id: z.string().optional() }));

/**
 * The file's text with the entry in it. What the user changed in an earlier entry stays: other fields, and every
 * value in `env`.
 * @param text of the file as it is; empty where there is none
 * @throws AppError `conflict` when the text is not JSON, or the entry's place holds something else
 */
export function withJsonEntry(text: string, settings: ClientSettings): string {
  const root = readRoot(text);
  const format = indentationOf(text);
  const earlier = objectAt(root, settings.path);
  let changed = set(
    text.trim() === '' ? '{}\n' : text,
    settings.path,
    merged(settings.value, earlier),
    format,
  );
  for (const input of settings.inputs ?? []) changed = withInput(changed, input, format);
  return changed;
}

function readRoot(text: string): JsonObject {
  const errors: ParseError[] = [];
  const options = { allowTrailingComma: true, allowEmptyContent: true };
  const root = object.safeParse(parse(text, errors, options) ?? {});
  if (errors.length > 0 || !root.success) throw notJson();
  return root.data;
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
  return { ...earlier, ...ours, ...(own.success && { env: { ...own.data, ...(env.data ?? {}) } }) };
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

function notJson(): AppError {
  return new AppError(
    'conflict',
    'The file is not in the form that this client documents, so it was left alone',
    {
      next: 'Mend the file, or put the entry into it by hand; --dry-run shows it.',
    },
  );
}
