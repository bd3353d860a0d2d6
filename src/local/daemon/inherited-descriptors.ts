/** Closes files that whoever started this process left open: Node's children, and with them the machines, would inherit them. */
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { attempt } from '../../core/errno.ts';

const FOLDER = '/proc/self/fd';
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes every descriptor above stderr that a child would inherit. Node opens all of its own so that none does. Nothing
 * to do where there is no /proc: on macOS Node gives a child only what it was told to.
 */
export function closeInherited(): void {
  for (const fd of descriptors()) if (fd > 2 && isPassedOn(fd)) closeSync(fd);
}

function descriptors(): number[] {
  return attempt(() => readdirSync(FOLDER).map(Number), []);
}

function isPassedOn(fd: number): boolean {
  const about = attempt(() => readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'), '');
  const flags = /^flags:\s*([0-7]+)$/m.exec(about)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
}
