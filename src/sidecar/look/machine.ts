/** What this machine is and has, on Linux from /proc, elsewhere as well as it can be told. */
import { execFile } from 'node:child_process';
import { lstatSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { diskFreeMib, memoryLimitMib } from '../gateway/memory.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import type { ReplyOf } from '../protocol.ts';
import { namesIn, readText } from '../read-text.ts';

const MIB = 1024 * 1024;
const VERSION_MS = 5_000;

/** 0 where it cannot be told. */
export function memoryAvailableMib(): number {
  const kib = /^MemAvailable:\s+(\d+)/m.exec(readText('/proc/meminfo'))?.[1] ?? 0;
  return Math.floor(Number(kib) / 1024);
}

export function machineFacts(place: Place) {
  const { bfree, blocks, bsize } = statfsSync(place.home);
  const uptime = Number.parseInt(readText('/proc/uptime'), 10);
  return {
    home: place.home,
    arch: process.arch,
    port: place.port,
    memory_total_mib: memoryLimitMib(),
    memory_available_mib: memoryAvailableMib(),
    disk_free_mib: diskFreeMib(place),
    disk_used_mib: Math.floor(((blocks - bfree) * bsize) / MIB),
    ...(Number.isNaN(uptime) ? {} : { uptime_seconds: uptime }),
  };
}

/** `600`; undefined where there is no such file, or nothing in it. */
export function fileMode(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined || found.size === 0 ? undefined : (found.mode & 0o777).toString(8);
}

/** Of the machine's Node; empty where it is not there, or does not run. */
export function nodeVersion(place: Place): Promise<string> {
  const node = join(mcpDir(place), 'node', 'bin', 'node');
  return new Promise((resolve) =>
    execFile(node, ['--version'], { timeout: VERSION_MS }, (error, said) =>
      resolve(error === null ? said.trim().replace(/^v/, '') : ''),
    ),
  );
}

/** Of the OpenClaw that is current; empty where there is none. */
export function openclawVersion(place: Place): string {
  const file = join(mcpDir(place), 'current', 'node_modules', 'openclaw', 'package.json');
  return /^ {2}"version": "([^"]*)"/m.exec(readText(file))?.[1] ?? '';
}

/** Ids of detached jobs that are at work. There may be many old ones, which have an exit. */
export async function jobsRunning(place: Place): Promise<string[]> {
  const jobs = join(mcpDir(place), 'jobs');
  const running: string[] = [];
  for (const id of namesIn(jobs)) {
    if (readText(join(jobs, id, 'exit')) !== '') continue;
    if ((await livePid(join(jobs, id, 'pid'))) !== undefined) running.push(id);
  }
  return running;
}

/** Transcripts of older releases, and the database in which newer ones keep them. */
export function holdsState(place: Place): boolean {
  const agents = join(stateDir(place), 'agents');
  return namesIn(agents).some(
    (agent) =>
      holds(join(agents, agent, 'sessions'), '.jsonl') || holds(join(agents, agent, 'agent'), '.sqlite'),
  );
}

function holds(folder: string, ending: string): boolean {
  return namesIn(folder).some(
    (name) =>
      name.endsWith(ending) && (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0) > 0,
  );
}

export function keptStates(place: Place): ReplyOf<'kept_states'> {
  const kept = join(mcpDir(place), 'kept');
  return {
    kept: namesIn(kept).filter((name) =>
      lstatSync(join(kept, name), { throwIfNoEntry: false })?.isDirectory(),
    ),
  };
}
