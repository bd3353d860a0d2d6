/** What of the assistant's state goes into a backup: ordinary files, folders, and links that stay inside. */
import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { insideTarget } from '../../core/archive.ts';
import { attempt } from '../../core/errno.ts';

/**
 * Logs and locks are of no use elsewhere; the cache (tens of MB of user interface) and the skills that come with the release
 * are made again at every start.
 */
const LEFT_OUT = new Set(['logs', 'tmp', 'cache', 'plugin-skills']);
/** Beside a database, or in the making. A database beside another one (x.sqlite.reindex-lock.sqlite) is a lock. */
const BESIDE = /\.sqlite-(?:wal|shm|journal)$|\.sqlite\..*\.sqlite$|\.(?:draft|new\.\d+)$/;
/** Of a database that is copied with what stands in these. */
const LOG_BESIDE = /(\.sqlite)-(?:wal|shm|journal)$/;
/** Where people and their assistant keep what they like, under any name. */
const PEOPLES = /^(?:workspace[^/]*|media|skills|hooks)\//;

/** @param name relative to the state folder. */
export const isPeoples = (name: string): boolean => PEOPLES.test(name);

/** Whether a link of OpenClaw's leads among people's files: its own databases may then lie there. */
export const sharesPeoples = (links: readonly { name: string; target?: string }[]): boolean =>
  links.some(
    ({ name, target }) =>
      target !== undefined && !isPeoples(name) && isPeoples(`${join(dirname(name), target)}/`),
  );

export type StateFile = { name: string; mode: number } & (
  | { kind: 'file' | 'database' | 'folder' }
  | { kind: 'link'; target: string }
);

export interface StateFiles {
  files: StateFile[];
  /** How many pipes, sockets, links that lead outside and names that are no UTF-8 there were. */
  leftOut: number;
}

/** @param root the state folder. Names are relative to it. */
export function stateFiles(root: string): StateFiles {
  return filesUnder(
    root,
    (name, entry) => LEFT_OUT.has(name) || (isPeoples(name) ? isLog(root, name) : BESIDE.test(entry)),
  );
}

const isLog = (root: string, name: string) =>
  LOG_BESIDE.test(name) && existsSync(join(root, name.replace(LOG_BESIDE, '$1')));

/** @param without which names relative to `root`, or last parts of names, are left out. */
export function filesUnder(root: string, without: (name: string, entry: string) => boolean): StateFiles {
  const found: StateFiles = { files: [], leftOut: 0 };
  walk(root, '', without, found);
  return found;
}

function walk(
  root: string,
  folder: string,
  without: (name: string, entry: string) => boolean,
  found: StateFiles,
): void {
  for (const entry of readdirSync(join(root, folder))) {
    const name = folder === '' ? entry : `${folder}/${entry}`;
    if (without(name, entry)) continue;
    const seen = lstatSync(join(root, name), { throwIfNoEntry: false });
    if (seen === undefined) {
      // Gone meanwhile, or of a name that Node cannot say.
      if (entry.includes('\ufffd')) found.leftOut += 1;
      continue;
    }
    const mode = seen.mode & 0o777;
    if (seen.isDirectory()) {
      found.files.push({ name, mode, kind: 'folder' });
      walk(root, name, without, found);
    } else if (seen.isFile()) {
      found.files.push({ name, mode, kind: entry.endsWith('.sqlite') ? 'database' : 'file' });
    } else {
      const target = seen.isSymbolicLink() ? targetInside(root, name) : undefined;
      if (target === undefined) found.leftOut += 1;
      else found.files.push({ name, mode, kind: 'link', target });
    }
  }
}

/** The target relative to the link's own folder; undefined where it leads outside. */
function targetInside(root: string, name: string): string | undefined {
  const said = readlinkSync(join(root, name));
  const target = said.startsWith('/') ? relative(dirname(join(root, name)), said) || '.' : said;
  return attempt(() => insideTarget(name, target), undefined);
}
