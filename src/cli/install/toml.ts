/** Puts an entry into a client's TOML settings: one section of text, proved to leave all others as they were. */
import { isDeepStrictEqual } from 'node:util';
import { parse, stringify, TomlError, type TomlTable } from 'smol-toml';
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import type { ClientSettings } from './clients.ts';
import { withKept } from './kept.ts';

const table = z.record(z.string(), z.unknown());
// Names, or tables that say where a variable comes from.
const variables = z.array(z.unknown()).catch([]);
const named = z.union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)]);

/**
 * The file's text with the entry in it. What the user added to an earlier entry stays; comments inside of it do not.
 * @param text of the file as it is; empty where there is none
 * @throws AppError `conflict` when the text is not TOML, or keeps its servers in a way that text cannot be added to
 */
export function withTomlEntry(text: string, settings: ClientSettings): string {
  const before = read(text);
  const earlier = tableAt(before, settings.path);
  const value = withKept(settings.value, earlier);
  value.env_vars = withVariables(variables.parse(earlier.env_vars), variables.parse(settings.value.env_vars));
  if (isDeepStrictEqual(earlier, value)) return text;
  const rest = withoutSections(text, settings.path).trimEnd();
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const section = sectionText(settings.path, value).replaceAll('\n', eol);
  const changed = `${rest}${rest === '' ? '' : eol + eol}${section}`;
  prove(before, changed, settings.path, value);
  return changed;
}

/** The entry as `text` has it; empty where there is none. @throws AppError `conflict` when it is not TOML */
export function tomlEntry(text: string, settings: ClientSettings): Record<string, unknown> {
  return tableAt(read(text), settings.path);
}

function withVariables(earlier: readonly unknown[], ours: readonly unknown[]): unknown[] {
  const there = new Set(earlier.map((variable) => named.safeParse(variable).data));
  return [...earlier, ...ours.filter((variable) => !there.has(named.parse(variable)))];
}

/** The entry alone, as a person would write it. */
export function sectionText(path: readonly string[], value: Record<string, unknown>): string {
  return stringify(
    path.reduceRight<Record<string, unknown>>((inner, key) => ({ [key]: inner }), value),
  ).trimStart();
}

function read(text: string): TomlTable {
  try {
    return parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw unusable(cause);
  }
}

function tableAt(root: unknown, path: readonly string[]): Record<string, unknown> {
  return path.reduce<Record<string, unknown>>(
    (parent, key) => table.catch({}).parse(parent[key]),
    table.parse(root),
  );
}

/** The lines but those under a header of the entry or of a table inside of it. Comments right above a header are its own. */
function withoutSections(text: string, path: readonly string[]): string {
  const own = new RegExp(
    `^\\s*\\[\\s*${path.map((key) => `["']?${key}["']?`).join('\\s*\\.\\s*')}\\s*[.\\]]`,
  );
  const kept: string[] = [];
  let above: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (/^\s*\[/.test(line)) {
      // What stood between the last line of one section and the header of the next belongs to the next.
      if (inside) kept.push(...above);
      inside = own.test(line);
      above = [];
    }
    if (!inside) kept.push(line);
    else if (/^\s*(?:#|$)/.test(line)) above.push(line);
    else above = [];
  }
  if (inside) kept.push(...above);
  return kept.join('\n');
}

/** Text was cut and added; only its meaning shows whether that was right. */
function prove(before: TomlTable, changed: string, path: readonly string[], value: unknown): void {
  const after = read(changed);
  const [section = '', name = ''] = path;
  const others = (root: TomlTable) => {
    const { [name]: _, ...siblings } = tableAt(root, [section]);
    return { ...root, [section]: siblings };
  };
  const right =
    isDeepStrictEqual(tableAt(after, path), value) && isDeepStrictEqual(others(after), others(before));
  if (!right) throw unusable(undefined);
}

function unusable(cause: unknown): AppError {
  const place = cause instanceof TomlError ? ` (line ${cause.line}, column ${cause.column})` : '';
  return new AppError(
    'conflict',
    `the file is not TOML that a section can be added to${place}, so it was left alone`,
    {
      next: 'Mend the file, or put the entry into it by hand.',
      cause,
    },
  );
}
