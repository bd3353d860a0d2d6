/** Who listens on the gateway's port, as far as this user may know. */
import { execFile } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';
import type { Place } from '../place.ts';
import { namesIn, readText } from '../read-text.ts';

/** Undefined where nobody listens, or it is another user's process. */
export async function portOwner(place: Pick<Place, 'port'>): Promise<number | undefined> {
  const inode = listenersOn(place)?.[0]?.[9];
  if (inode !== undefined) return holderOf(`socket:[${inode}]`);
  const pid = Number.parseInt(await printed('lsof', ['-ti', `tcp:${place.port}`, '-sTCP:LISTEN']), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

/** "pid (name)": for people, and foreign. */
export async function describeProcess(pid: number | undefined): Promise<string> {
  if (pid === undefined) return 'unknown';
  const name = readText(`/proc/${pid}/comm`) || (await printed('ps', ['-o', 'comm=', '-p', `${pid}`]));
  return `${pid} (${name.trim()})`;
}

/** What the kernel tells of each socket that listens on a port, field by field; undefined where it tells of no sockets. */
export function listenersOn({ port }: Pick<Place, 'port'>): string[][] | undefined {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readText);
  if (tables.every((table) => table === '')) return undefined;
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return tables
    .flatMap((table) => table.split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === '0A' && local.endsWith(end));
}

function holderOf(socket: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => opened(`/proc/${pid}/fd`).includes(socket));
  return found === undefined ? undefined : Number(found);
}

/** Processes come and go meanwhile, and others' cannot be looked into. */
function opened(folder: string): string[] {
  return namesIn(folder).map((name) => attempt(() => readlinkSync(`${folder}/${name}`), ''));
}

/** Empty where the program is not there or says nothing. */
function printed(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => execFile(program, args, (_error, stdout) => resolve(stdout)));
}
