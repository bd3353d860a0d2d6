/** The flags of a command, made from its tool's input schema, and the tool's arguments made from them. */

import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import * as z from 'zod';
import { parseJson } from '../../core/json.ts';
import type { Tool } from '../../mcp/define-tool.ts';
import { jsonSchema } from '../../mcp/json-schema.ts';
import { kebab, OTHER_FLAGS, type ToolCommand } from './table.ts';
import { inCommandWords } from './words.ts';

const fieldSchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().default(''),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  items: z.looseObject({ type: z.string().optional() }).optional(),
  properties: z.unknown().optional(),
});
type Field = z.output<typeof fieldSchema>;

const shape = z.object({
  properties: z.record(z.string(), fieldSchema).default({}),
  required: z.array(z.string()).default([]),
});

/** The fields of a tool's input, as its clients are told of them. */
export function fieldsOf(tool: Pick<Tool<never>, 'input'>): z.output<typeof shape> {
  return shape.parse(jsonSchema(tool.input, 'input'));
}

/** Gives `command` its words, and one flag for every other field of the tool. */
export function addFlags(command: Command, about: ToolCommand): void {
  const { properties, required } = fieldsOf(about.tool);
  const { words = [] } = about;
  for (const name of words) {
    const field = properties[name];
    if (field !== undefined) command.addArgument(argumentOf(name, field, required.includes(name), about));
  }
  for (const [name, field] of Object.entries(properties)) {
    if (name === 'wait_seconds') {
      command.option(
        '--no-wait',
        'Do not wait for the end: prints the command that does, and goes on without you.',
      );
    } else if (!words.includes(name)) {
      for (const option of optionsOf(name, field)) command.addOption(option);
    }
  }
}

function argumentOf(name: string, field: Field, required: boolean, { wordAbout }: ToolCommand): Argument {
  // Without a message there is a conversation, or a pipe; the tool itself says when another one is needed.
  const needed = required && name !== 'message';
  const term = `${kebab(name)}${field.type === 'array' ? '...' : ''}`;
  const argument = new Argument(needed ? `<${term}>` : `[${term}]`, wordAbout?.[name] ?? aboutField(field));
  return field.enum === undefined ? argument : argument.choices(field.enum);
}

function optionsOf(name: string, field: Field): Option[] {
  const flag = `--${OTHER_FLAGS[name]?.flag ?? kebab(name)}`;
  const about =
    name === 'machine_id'
      ? 'Name or id of the machine; may be left out when there is only one.'
      : aboutField(field);
  if (field.type === 'boolean') {
    const negative = new Option(flag.replace('--', '--no-'), `The opposite of ${flag}.`);
    return field.default === undefined ? [new Option(flag, about), negative] : [new Option(flag, about)];
  }
  const option = new Option(`${flag} <${placeholder(name, field)}>`, about);
  if (field.enum !== undefined) return [option.choices(field.enum)];
  return [option.argParser(parserOf(field))];
}

function aboutField({ type, description, default: preset }: Field): string {
  const known = preset === undefined || preset === false ? '' : ` Default: ${String(preset)}.`;
  const more = type === 'array' || type === 'object' ? ' Give it again for more.' : '';
  return `${inCommandWords(description)}${known}${more}`.trim();
}

function placeholder(name: string, field: Field): string {
  if (name === 'machine_id') return 'name';
  if (name === 'attachments') return 'file';
  if (field.type === 'number' || field.type === 'integer') return 'n';
  if (field.type === 'object') return field.properties === undefined ? 'path=value' : 'json';
  if (field.type === 'array') return field.items?.type === 'string' ? 'value' : 'json';
  return field.type === 'string' ? 'text' : 'json';
}

type Parser = (text: string, before: unknown) => unknown;

function parserOf({ type, items }: Field): Parser {
  switch (type) {
    case 'string':
      return (text) => text;
    case 'number':
    case 'integer':
      return numberOf;
    case 'array':
      return (text, before) => [
        ...(Array.isArray(before) ? before : []),
        // An id may look like a number.
        items?.type === 'string' ? text : jsonOr(text, text),
      ];
    case 'object':
      return (text, before) => ({ ...Object(before ?? {}), ...entriesOf(text) });
    default:
      return (text) => jsonOr(text, text);
  }
}

function numberOf(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

/** `path=value` whose value is JSON where it can be read so, or a whole object in JSON. */
function entriesOf(text: string): object {
  const whole = parseJson(text);
  if (typeof whole === 'object' && whole !== null && !Array.isArray(whole)) return whole;
  const [, path, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (path === undefined)
    throw new InvalidArgumentError('It must be path=value, with a value in JSON or plain text.');
  return { [path]: jsonOr(value, value) };
}

function jsonOr(text: string, otherwise: unknown): unknown {
  const value = parseJson(text);
  return value === undefined ? otherwise : value;
}

/** What the tool is called with. Fields that were not given are left to the tool. */
export function argumentsOf(about: ToolCommand, command: Command): Record<string, unknown> {
  const options = z.record(z.string(), z.unknown()).parse(command.opts());
  const { properties } = fieldsOf(about.tool);
  const { words = [] } = about;
  const given = Object.keys(properties).flatMap((name): [string, unknown][] => {
    if (name === 'wait_seconds' || words.includes(name)) return [];
    const value = options[attribute(name)];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(given), ...wordsOf(about, command) };
}

/** @throws what commander throws for a word too many. */
function wordsOf({ words = [], wordsOf, name }: ToolCommand, command: Command): Record<string, unknown> {
  const typed = command.processedArgs;
  const fields = wordsOf?.[String(typed[0])] ?? words;
  if (typed[fields.length] !== undefined) {
    command.error(
      `error: too many words: ${name} ${String(typed[0])} takes ${fields.length - 1} more at most`,
    );
  }
  return Object.fromEntries(
    fields.flatMap((field, at) => (typed[at] === undefined ? [] : [[field, typed[at]]])),
  );
}

function attribute(name: string): string {
  return new Option(`--${OTHER_FLAGS[name]?.flag ?? kebab(name)}`).attributeName();
}
