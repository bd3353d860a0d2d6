/** What the machine has to give, on Linux from /proc, elsewhere as well as it can be told. */
import { statfsSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { attempt } from '../../core/errno.ts';
import { mcpDir, type Place } from '../place.ts';
import { readText } from '../read-text.ts';

const MIB = 1024 * 1024;
/** Below, a first turn is killed without the flags that spare memory. */
const SMALL_MIB = 1536;
/** With less free disk, writes have failed already (measured). */
const FULL_DISK_MIB = 50;
/** What is written for a moment is small. */
const FULL_TEMP_MIB = 5;
/** A disk may have bytes, and no names for further files; some kinds count no names. */
const FEW_NAMES = 100;

/** The smaller of what the machine has and what its control group allows. */
export function memoryLimitMib(): number {
  const limit = Number(readText('/sys/fs/cgroup/memory.max'));
  const total = Math.floor(totalmem() / MIB);
  return limit > 0 ? Math.min(total, Math.floor(limit / MIB)) : total;
}

/** On a small machine, and where a repair has found that this much memory is not enough. */
export function sparesMemory(place: Place): boolean {
  const limit = memoryLimitMib();
  return limit < SMALL_MIB || limit <= Number(readText(join(mcpDir(place), 'low-memory')) || 0);
}

/** How often this machine's kernel has killed for want of memory since it booted; empty where it does not count. */
export function oomKills(): string {
  return /^oom_kill (\d+)$/m.exec(readText('/proc/vmstat'))?.[1] ?? '';
}

/** Of the home; where temporary files find no more room, of theirs: without it as little goes on. */
export function diskFreeMib({ home }: Place): number {
  const temporary = attempt(() => freeMib(tmpdir()), FULL_TEMP_MIB);
  return temporary < FULL_TEMP_MIB ? temporary : freeMib(home);
}

function freeMib(folder: string): number {
  const { bavail, bsize, files, ffree, blocks } = statfsSync(folder);
  // Some kinds say nothing of their size.
  if (blocks === 0) return FULL_TEMP_MIB;
  return files && ffree < FEW_NAMES ? 0 : Math.floor((bavail * bsize) / MIB);
}

export const hasRoom = (place: Place): boolean => diskFreeMib(place) >= FULL_DISK_MIB;
