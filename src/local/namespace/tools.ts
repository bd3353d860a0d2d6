/** The programs of the host that namespaces are made with. */
import path from 'node:path';
import { isExecutable } from '../../core/files.ts';

/** Absolute paths on the host. */
export interface Tools {
  unshare: string;
  nsenter: string;
  bash: string;
  mkfifo: string;
}

// An ordinary user's PATH often leaves the sbin folders out, and the programs work for them all the same.
const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];
export const TOOL_PATH = FOLDERS.join(':');
// The last ones are called by boot.sh.
const NEEDED = [
  'unshare',
  'nsenter',
  'bash',
  'mkfifo',
  'mount',
  'umount',
  'pivot_root',
  'ip',
  'hostname',
] as const;

/** The host's tools, or the names of those that are missing. */
export function findTools(folders: readonly string[] = FOLDERS): Tools | { missing: string[] } {
  const found = new Map(NEEDED.map((name) => [name, locate(name, folders)]));
  const unshare = found.get('unshare');
  const nsenter = found.get('nsenter');
  const bash = found.get('bash');
  const mkfifo = found.get('mkfifo');
  const missing = NEEDED.filter((name) => found.get(name) === undefined);
  if (missing.length > 0 || !unshare || !nsenter || !bash || !mkfifo) return { missing };
  return { unshare, nsenter, bash, mkfifo };
}

function locate(name: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}
