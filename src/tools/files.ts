/** files: the assistant's own files, looked at, read, written, and carried to and from this computer. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { secretScan } from '../core/secret-scan.ts';
import { head, MAX_BLOCK_CHARS, oneLine, plainText } from '../core/text.ts';
import type { CallContext, ToolOutcome } from '../mcp/define-tool.ts';
import { fileToSave, fileToSend } from '../workflows/files/allowed-folders.ts';
import { SAVE, SEND } from '../workflows/files/transfer.ts';
import { requireRunning } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, quoted, waitSeconds, writtenByOthers } from './fields.ts';
import { joined } from './joined.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool, type Services } from './services.ts';

const MOST_ENTRIES = 100;
/** A block of text as clients show it. */
const READ_BYTES = MAX_BLOCK_CHARS;
const MAX_TEXT = 200_000;
// File systems end a name at 255 bytes.
const MAX_NAME = 255;
const MAX_PATH = 1_000;

const path = z.string().max(1_000).default('').describe('On the machine; relative: in the workspace.');
const offset = z.number().int().min(0).default(0).describe('Skip so many entries or bytes.');

const entry = z.object({ name: z.string(), kind: z.string(), bytes: z.number(), changed: z.string() });
const output = z.object({
  ...operationOutput.partial().shape,
  from_others: fromOthers,
  path: z.string().optional(),
  entries: z.array(entry).optional().describe('Newest first.'),
  total: z.number().optional(),
  text: z.string().optional().describe('Written by others.'),
  bytes: z.number().optional(),
  next_offset: z.number().optional().describe('Where more begins.'),
});
type Context = CallContext<Services>;
type Outcome = Promise<ToolOutcome<z.input<typeof output>>>;

export const files = defineTool({
  name: 'files',
  title: "The assistant's files",
  description:
    "Files in the assistant's workspace and its outgoing media. Lists a folder, reads text, saves a file or a folder (as .tar.gz) to this computer, writes text, sends a file of this computer. Only folders the person allowed; nothing here is overwritten.",
  effect: 'write',
  idempotent: false,
  reading: {
    description: "Lists a folder of the assistant's workspace or outgoing media, or reads a text file there.",
    input: z.strictObject({
      machine_id: machineId.optional(),
      action: z.enum(['list', 'read']).default('list').describe('What to do.'),
      path,
      offset,
    }),
  },
  input: z.strictObject({
    machine_id: machineId.optional(),
    action: z.enum(['list', 'read', 'save', 'write', 'send']).default('list').describe('What to do.'),
    path,
    local_path: z
      .string()
      .max(1_000)
      .optional()
      .describe('File of this computer to save to or send: name or full path.'),
    text: z.string().max(MAX_TEXT).optional().describe('To write.'),
    replace: z.boolean().default(false).describe('Overwrite on the machine.'),
    offset,
    wait_seconds: waitSeconds.optional(),
  }),
  output,
  async run({ machine_id, wait_seconds, ...wish }, context): Outcome {
    const { directory, machines } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    if (wish.action === 'save' || wish.action === 'send') {
      const started = await (wish.action === 'save' ? startSaving : startSending)(id, wish, context);
      return awaited(started.id, wait_seconds, context);
    }
    await requireRunning(machines, id, { signal: context.signal });
    if (wish.action === 'write') return written(id, wish, context);
    return wish.action === 'read' ? readText(id, wish, context) : listed(id, wish, context);
  },
});

interface Wish {
  path: string;
  local_path?: string | undefined;
  text?: string | undefined;
  replace: boolean;
  offset: number;
}

async function listed(id: string, wish: Wish, { services, signal }: Context): Outcome {
  const request = { path: wish.path, offset: wish.offset, limit: MOST_ENTRIES };
  const seen = await services.files.ask(id, 'file_list', request, { signal });
  const entries = seen.entries.slice(0, MOST_ENTRIES).map(({ changed_ms, ...entry }) => ({
    ...entry,
    name: oneLine(entry.name, MAX_NAME),
    changed: new Date(Math.min(changed_ms, 8.64e15)).toISOString(),
  }));
  const next = wish.offset + entries.length;
  const more = next < seen.total ? ` Call it with offset ${next} for more.` : '';
  const odd = seen.odd === 0 ? '' : ` ${seen.odd} with unprintable names left out.`;
  const least = seen.more ? 'at least ' : '';
  return {
    summary: `${entries.length} of ${least}${seen.total} entries, newest first.${odd}${more}`,
    data: {
      from_others: writtenByOthers('path', 'entries.name'),
      machine_id: id,
      path: oneLine(seen.path, MAX_PATH),
      entries,
      total: seen.total,
      ...(next < seen.total && { next_offset: next }),
    },
    foreign: quoted('names of files', entries.map(lineOf)),
  };
}

const lineOf = ({ name, kind, bytes, changed }: z.output<typeof entry>) =>
  `${changed.slice(0, 19)}Z ${kind === 'file' ? `${bytes} bytes` : kind} ${name}`;

async function readText(id: string, wish: Wish, { services, signal }: Context): Outcome {
  const request = { path: wish.path, offset: wish.offset, bytes: READ_BYTES };
  const seen = await services.files.ask(id, 'file_text', request, { signal });
  const known = { machine_id: id, path: oneLine(seen.path, MAX_PATH), bytes: seen.bytes };
  if (seen.text === undefined) {
    return {
      summary: `This file of ${seen.bytes} bytes is no text. Call files with action "save" to have it on this computer.`,
      data: { from_others: writtenByOthers('path'), ...known },
    };
  }
  const text = head(plainText(seen.text), READ_BYTES);
  const goesOn = seen.next < seen.bytes && seen.next > wish.offset;
  const rest = goesOn ? ` Call it with offset ${seen.next} for more.` : '';
  return {
    summary: `Bytes ${wish.offset} to ${seen.next} of ${seen.bytes}.${rest}`,
    data: {
      from_others: writtenByOthers('path', 'text'),
      ...known,
      text,
      ...(goesOn && { next_offset: seen.next }),
    },
    foreign: text === '' ? [] : quoted('text of the file', [text]),
  };
}

async function written(
  id: string,
  { path, text, replace }: Wish,
  { services, signal, changing }: Context,
): Outcome {
  requirePath(path);
  if (text === undefined) throw missing('text', 'Writing needs the text.');
  if (secretScan(services.secrets()).finds(Buffer.from(text))) {
    throw new AppError('invalid_input', 'This text holds a key of this server; nothing was written', {
      next: 'Leave the key out.',
    });
  }
  await changing?.(id);
  const file = { path, replace, bytes: Buffer.from(text) };
  const put = await services.files.write(id, file, { signal });
  return {
    summary: `Wrote ${file.bytes.length} bytes on machine ${id}.`,
    data: {
      from_others: writtenByOthers('path'),
      machine_id: id,
      path: oneLine(put.path, MAX_PATH),
      bytes: file.bytes.length,
    },
  };
}

async function startSaving(machineId: string, { path, local_path }: Wish, { services, roots }: Context) {
  requirePath(path);
  // The file of a save that runs appears only at its end: so this does not keep the same call from joining it.
  const wanted = local_path ?? plainName(path) ?? neutralName(path);
  const file = await fileToSave(services.allowedFolders, roots, wanted);
  const input = { machineId, path, local: file, ...(local_path === undefined && { ourName: true as const }) };
  return services.operations.start({ kind: SAVE, key: keyOf(input), input, machineId });
}

async function startSending(machineId: string, { path, local_path, replace }: Wish, { services }: Context) {
  if (local_path === undefined) throw missing('local_path', 'Sending needs the file of this computer.');
  const file = await fileToSend(services.allowedFolders, local_path);
  const there = path === '' ? plainName(file) : path;
  if (there === undefined) throw missing('path', 'The name on this computer is not taken for one there.');
  const input = { machineId, path: there, local: file, replace };
  const record = await services.operations.start({ kind: SEND, key: keyOf(input), input, machineId });
  return joined(record, { replace }, 'sending the same file otherwise');
}

/** The last part of a path that a caller wrote, where it is a name that no system takes for more. */
function plainName(path: string): string | undefined {
  const name = basename(path);
  return /^[\p{L}\p{N}][\p{L}\p{N} ._()+-]{0,140}$/u.test(name) ? name : undefined;
}

/** The same for the same path, and with its ending, by which programs here know what it is. */
function neutralName(path: string): string {
  const [ending = ''] = /\.[A-Za-z0-9]{1,8}$/.exec(path) ?? [];
  return `file-${createHash('sha256').update(path).digest('hex').slice(0, 12)}${ending}`;
}

function missing(field: string, why: string): AppError {
  return new AppError('invalid_input', `Nothing was done: ${field} is missing. ${why}`, {
    next: `Call files again with ${field}.`,
  });
}

function requirePath(path: string): void {
  if (path === '') throw missing('path', 'It names the file on the machine.');
}

const keyOf = (input: object) =>
  createHash('sha256').update(JSON.stringify(input)).digest('hex').slice(0, 32);
