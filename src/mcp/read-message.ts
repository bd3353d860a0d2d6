/** Reads one line of a client, in all the forms that clients really write: gives the message for the SDK, or the error to answer with. */

import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  InitializeRequestSchema,
  type JSONRPCMessage,
  JSONRPCMessageSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  PingRequestSchema,
  ReadResourceRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { parse as parseBroken } from 'jsonc-parser';
import { isDeep, MAX_LEVELS, parseJson } from '../core/json.ts';
import { head, plainText } from '../core/text.ts';

/** JSON-RPC answers with null where it could not read an id. */
export type ReadableId = string | number | null;

/** A message as it may be handed on, or an answer that must be sent. */
export type Incoming = { message: JSONRPCMessage } | Answer;

export interface Answer {
  id: ReadableId;
  code: number;
  /** Our own words. */
  fault: string;
}

type Fields = Readonly<Record<string, unknown>>;

// Checked here before the SDK does: its own answer would be the raw complaint of its schema.
const REQUESTS = [
  InitializeRequestSchema,
  PingRequestSchema,
  ListToolsRequestSchema,
  CallToolRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ReadResourceRequestSchema,
  ListPromptsRequestSchema,
  GetPromptRequestSchema,
  CompleteRequestSchema,
] as const;
const SCHEMAS = new Map<string, (typeof REQUESTS)[number]>(
  REQUESTS.map((schema) => [schema.shape.method.value, schema]),
);

/**
 * Every message of a line; a batch is several. Blank lines hold none.
 * @param line as its bytes came, without the line's end.
 */
export function readLine(line: Buffer): Incoming[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(line).trim();
  } catch {
    const fault = 'The message is not UTF-8';
    return [{ id: idOfBroken(line.toString('utf8')), code: ErrorCode.ParseError, fault }];
  }
  if (text === '') return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ id: idOfBroken(text), code: ErrorCode.ParseError, fault: 'The message is not JSON' }];
  }
  if (isDeep(text)) {
    const id = fieldsOf(value)?.id;
    return [invalid(isId(id) ? id : null, `The message is nested deeper than ${MAX_LEVELS} levels`)];
  }
  if (!Array.isArray(value)) return readMessage(value);
  if (value.length === 0) return [invalid(null, 'The batch is empty')];
  return value.flatMap(readMessage);
}

/** The id of what is no JSON, or only the beginning and the end of it; null where there is none to be seen. */
export function idOfBroken(text: string): ReadableId {
  try {
    const found = fieldsOf(parseBroken(text, [], { allowTrailingComma: true }))?.id;
    if (isId(found)) return found;
    const last = /"id"\s*:\s*("[^"\\]{0,256}"|-?\d{1,16})\s*\}?\s*$/.exec(text)?.[1];
    return last === undefined ? null : JSON.parse(last);
  } catch {
    // Nested deeper than the parser can follow.
    return null;
  }
}

function readMessage(value: unknown): Incoming[] {
  const fields = fieldsOf(value);
  if (fields === undefined) return [invalid(null, 'A message must be an object')];
  const { id: given, method } = fields;
  const id = isId(given) ? given : null;
  if (fields.jsonrpc !== '2.0') return [invalid(id, 'jsonrpc must be "2.0"')];
  if (method === undefined && ('result' in fields || 'error' in fields)) return handedOn(responseOf(fields));
  if (typeof method !== 'string') return [invalid(id, 'method must be text')];
  const params = readParams(method, fields.params);
  // Nobody waits for an answer to a notification.
  if (given === undefined || (given === null && method.startsWith('notifications/')))
    return handedOn({ jsonrpc: '2.0', method, params });
  if (id === null || (typeof id === 'number' && !Number.isSafeInteger(id)))
    return [invalid(id, 'id must be text or a whole number')];
  const request = { jsonrpc: '2.0', id, method, params };
  const fault = params === undefined ? 'params must be an object' : faultOf(request);
  return fault === undefined ? handedOn(request) : [{ id, code: ErrorCode.InvalidParams, fault }];
}

function handedOn(message: Fields): Incoming[] {
  const parsed = JSONRPCMessageSchema.safeParse(message);
  return parsed.success ? [{ message: parsed.data }] : [];
}

/** What the client answers to a question of ours. */
function responseOf({ id, result, error }: Fields): Fields {
  return { jsonrpc: '2.0', id, ...(error === undefined || error === null ? { result } : { error }) };
}

/** Null counts as absent. @returns undefined for what can hold no parameters. */
function readParams(method: string, given: unknown): Fields | undefined {
  if (given === undefined || given === null) return {};
  const fields = fieldsOf(given);
  if (fields === undefined) return undefined;
  const { _meta, arguments: args, ...rest } = withoutNulls(fields);
  const meta = fieldsOf(_meta) && readMeta(withoutNulls(fieldsOf(_meta) ?? {}));
  return {
    ...rest,
    ...(meta && { _meta: meta }),
    ...(args !== undefined && { arguments: method === 'prompts/get' ? texts(args) : unwrapped(args) }),
  };
}

/** What only decorates a call is left out where it cannot be read. */
function readMeta({
  progressToken: token,
  'io.modelcontextprotocol/related-task': _,
  ...rest
}: Fields): Fields {
  const usable = typeof token === 'string' || Number.isSafeInteger(token);
  return usable ? { ...rest, progressToken: token } : rest;
}

/** A person fills in a prompt's arguments, so all are text. */
function texts(args: unknown): unknown {
  const fields = fieldsOf(args);
  if (fields === undefined) return args;
  const plain = (value: unknown) => (['number', 'boolean'].includes(typeof value) ? String(value) : value);
  return Object.fromEntries(
    Object.entries(withoutNulls(fields)).map(([name, value]) => [name, plain(value)]),
  );
}

/** Some models write the arguments as text that holds the JSON. */
function unwrapped(args: unknown): unknown {
  if (typeof args !== 'string') return args;
  return args.trim() === 'null' ? {} : (parseJson(args) ?? args);
}

/** What the SDK would not take, by the parameter. */
function faultOf(message: { method: string }): string | undefined {
  const parsed = SCHEMAS.get(message.method)?.safeParse(message);
  if (parsed === undefined || parsed.success) return undefined;
  const path = parsed.error.issues[0]?.path.map(String).join('.') ?? 'params';
  return `${head(plainText(path), 80)} is missing or of another type`;
}

function invalid(id: ReadableId, fault: string): Answer {
  return { id, code: ErrorCode.InvalidRequest, fault };
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

function fieldsOf(value: unknown): Fields | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

function withoutNulls(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
