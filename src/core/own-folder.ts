/** Whose a folder is: what is read from it decides where keys go, so nobody else may be able to put anything there. */
import { lstatSync, readFileSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { userInfo } from 'node:os';
import { join, parse, resolve, sep } from 'node:path';
import { isErrno } from './errno.ts';
import { AppError } from './errors.ts';

const OTHERS_WRITE = 0o002;
const GROUP_WRITES = 0o020;
const STICKY = 0o1000;
// As the kernel's own bound for links that lead to links.
const MAX_LINKS = 40;

/**
 * Every part of the way to `dir` that exists must be this user's or the system's, and writable by nobody else; parts of
 * a sticky folder such as /tmp belong to their owners all the same. The folder itself, where it exists, is this user's.
 * Nothing is asked on Windows, where a profile folder is its owner's alone.
 * @throws AppError `config` that names the part and what to do.
 */
export function requireOwnFolder(dir: string): void {
  const user = process.geteuid?.();
  if (user === undefined) return;
  const { root } = parse(resolve(dir));
  // Who owns the root of the file system needs no trick; in a container of an ordinary user that is not always 0.
  walk(resolve(dir), new Set([user, 0, lstatSync(root).uid]), 0);
  const own = statIfThere(dir);
  if (own === undefined) return;
  if (own.uid !== user) throw foreign(dir, dir, 'belongs to another user');
  if ((own.mode & (OTHERS_WRITE | GROUP_WRITES)) !== 0) throw foreign(dir, dir, 'can be written by others');
}

function walk(dir: string, owners: ReadonlySet<number>, links: number): void {
  let at = parse(dir).root;
  for (const name of dir.slice(at.length).split(sep)) {
    const part = join(at, name);
    const info = lstatIfThere(part);
    if (info === undefined) return;
    if (!owners.has(info.uid)) throw foreign(dir, part, 'belongs to another user');
    if (info.isSymbolicLink()) {
      if (links === MAX_LINKS) throw foreign(dir, part, 'is a link that leads to itself');
      walk(resolve(at, readlinkSync(part)), owners, links + 1);
      const real = realpathIfThere(part);
      if (real === undefined) return;
      at = real;
      continue;
    }
    if (writableByOthers(info)) throw foreign(dir, part, 'can be written by others');
    at = part;
  }
}

function writableByOthers({ mode, gid }: Stats): boolean {
  if ((mode & STICKY) !== 0) return false;
  if ((mode & OTHERS_WRITE) !== 0) return true;
  return (mode & GROUP_WRITES) !== 0 && gid !== privateGroup();
}

/** The group that many systems give each user alone, whose right to write is no other's; undefined where there is none. */
function privateGroup(): number | undefined {
  try {
    const { username, gid } = userInfo();
    const groups = readFileSync('/etc/group', 'utf8').split('\n');
    return groups.some((line) => line.startsWith(`${username}:`) && line.endsWith(`:${gid}:`))
      ? gid
      : undefined;
  } catch {
    return undefined;
  }
}

function foreign(dir: string, part: string, why: string): AppError {
  const next =
    why === 'can be written by others'
      ? `If it is yours, run: chmod go-w '${part}'; or set OPENCLAW_MCP_STATE_DIR to a folder of your own and restart the server.`
      : 'Set OPENCLAW_MCP_STATE_DIR to a folder of your own and restart the server.';
  const where = part === dir ? 'it' : part;
  return new AppError('config', `The folder ${dir} is not used for keys and records: ${where} ${why}`, {
    next,
  });
}

function lstatIfThere(path: string): Stats | undefined {
  return orAbsent(() => lstatSync(path));
}

function statIfThere(path: string): Stats | undefined {
  return orAbsent(() => lstatSync(realpathSync(path)));
}

function realpathIfThere(path: string): string | undefined {
  return orAbsent(() => realpathSync(path));
}

function orAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
