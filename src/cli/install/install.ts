/** `install`: writes this server into a client's settings, and keeps everything else that is there. */
import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import * as z from 'zod';
import type { Environment } from '../../config/config.ts';
import { systemClock } from '../../core/clock.ts';
import { succeeds } from '../../core/errno.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { printer } from '../terminal.ts';
import { type InstallIo, onFile, readText, replaced, throughLinks } from './client-file.ts';
import { CLIENTS, type ClientDefinition, type ClientSettings, findClient } from './clients.ts';
import { serverEntry } from './entry.ts';
import { jsonEntry, withJsonEntry } from './json.ts';
import { isOthersStart } from './kept.ts';
import { installSkill } from './skill.ts';
import { sectionText, tomlEntry, withTomlEntry } from './toml.ts';

const flagSchema = z.object({
  client: z.string().optional(),
  local: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  /** The skill for agents with a shell, instead of the server. */
  skill: z.boolean().default(false),
  /** Instead of the client's usual file: a project's, or one on the Windows side of WSL. */
  config: z.string().min(1).optional(),
});
export type InstallFlags = z.input<typeof flagSchema>;

/** Runs `install` for this process. @returns the exit code. */
export async function installCommand(flags: InstallFlags, env: Environment): Promise<number> {
  const bin = process.argv[1] ?? '';
  return install(flags, {
    place: { platform: process.platform, env, home: env.HOME || homedir() },
    program: { node: process.execPath, bin: await realpath(bin) },
    clock: systemClock,
    print: printer(process.stdout),
  });
}

/**
 * Writes the entry, or shows it. A copy of the file as it was stays beside it.
 * @throws AppError `invalid_input` for an unknown client; `conflict` when the file is not what the client documents
 */
export async function install(flags: InstallFlags, io: InstallIo): Promise<number> {
  const { client: id = '', local, dryRun, skill, config } = flagSchema.parse(flags);
  const client = findClient(id);
  if (!client) throw unknownClient();
  if (skill) return installSkill(client.id, dryRun, io);
  const settings = client.settings(serverEntry(io.place, io.program, { local }));
  try {
    return await written(client, settings, { dryRun, config }, io);
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error;
    const next = `${error.next}\n\n${entryText(settings)}`;
    throw new AppError('conflict', error.message, { next, cause: error });
  }
}

async function written(
  client: ClientDefinition,
  settings: ClientSettings,
  { dryRun, config }: { dryRun: boolean; config: string | undefined },
  io: InstallIo,
): Promise<number> {
  const file = await throughLinks(config ?? client.file(io.place));
  const before = await onFile(file, () => readText(file));
  const after = naming(file, () =>
    settings.format === 'toml' ? withTomlEntry(before, settings) : withJsonEntry(before, settings),
  );
  const notes = `${refusedBy(client, after)}${keptStart(settings, after)}`;
  if (dryRun) {
    io.print(`${client.title}, ${file}: ${after === before ? 'is up to date' : 'this would be written'}\n`);
    io.print(`${notes}\n${entryText(settings)}\n`);
    return 0;
  }
  if (after === before) {
    io.print(`${client.title} is up to date: ${file}\n${notes}`);
    return 0;
  }
  const backup = await replaced(file, before, after, io.clock);
  io.print(`${report(client, file, backup)}${notes}`);
  return 0;
}

function naming(file: string, work: () => string): string {
  try {
    return work();
  } catch (error) {
    if (!isAppError(error, 'conflict')) throw error;
    throw new AppError('conflict', `${file}: ${error.message}`, { next: error.next ?? '', cause: error });
  }
}

/** What the client itself does not read, though the entry could be written: it was there before. */
function refusedBy({ title, refuses = [] }: ClientDefinition, text: string): string {
  const plain = text.replace(/^\uFEFF/, '');
  const mark = refuses.includes('mark') && plain !== text;
  const comments = refuses.includes('comments') && !isPlainJson(plain);
  const found = [
    ...(mark ? ['a byte order mark'] : []),
    ...(comments ? ['comments or trailing commas'] : []),
  ];
  return found.length === 0
    ? ''
    : `  Look: the file has ${found.join(' and ')}, and ${title} then refuses all of it. Take that out before the next start.\n`;
}

function keptStart(settings: ClientSettings, text: string): string {
  const { command } = settings.format === 'toml' ? tomlEntry(text, settings) : jsonEntry(text, settings);
  return isOthersStart(command)
    ? '  The entry starts the server in a way of your own (its command), which was kept. Take the entry out to have it written anew.\n'
    : '';
}

const isPlainJson = (text: string) => succeeds(() => JSON.parse(text));

/** The entry alone, in the client's own format: what a person would write by hand. */
export function entryText(settings: ClientSettings): string {
  if (settings.format === 'toml') return sectionText(settings.path, { ...settings.value });
  const nested = settings.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), settings.value);
  return JSON.stringify({ ...(settings.inputs && { inputs: settings.inputs }), ...Object(nested) }, null, 2);
}

function report(client: ClientDefinition, file: string, backup: string | undefined): string {
  const kept = backup === undefined ? '' : `  as it was: ${backup}\n`;
  return `${client.title}: the server is in ${file}\n${kept}  ${client.hint}\n  Then check: openclaw-dedalus-mcp doctor\n`;
}

function unknownClient(): AppError {
  const ids = CLIENTS.map((client) => client.id).join(', ');
  return new AppError('invalid_input', `install wants the name of a client: ${ids}`, {
    next: 'For example: openclaw-dedalus-mcp install claude-code --dry-run',
  });
}
