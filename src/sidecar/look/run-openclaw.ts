/** One command of OpenClaw's own, as a person would type it: no shell, no terminal, nothing on its standard input. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { systemClock } from '../../core/clock.ts';
import { openclawCommand, type Place, stateDir } from '../place.ts';
import { openclawEnvironment } from '../process/environment.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';

/** Of each end of what it prints; what lies between is left out, and that is said. */
const END_BYTES = 128 * 1024;

export async function runOpenclaw(
  place: Place,
  { args, timeout_ms }: RequestOf<'run_openclaw'>,
): Promise<ReplyOf<'run_openclaw'>> {
  const [node = '', ...script] = openclawCommand(place);
  const child = spawn(node, [...script, ...args], {
    cwd: stateDir(place),
    env: { ...openclawEnvironment(place), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  });
  const out = ends();
  const err = ends();
  child.stdout.on('data', out.take);
  child.stderr.on('data', err.take);
  const exited = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  // What it left running may hold its output open for ever: a moment is enough for what is on the way.
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const over = new AbortController();
  const late = systemClock.sleep(timeout_ms, over.signal).then(
    () => 'late' as const,
    () => 'late' as const,
  );
  const code = await Promise.race([exited, late]);
  over.abort();
  if (code === 'late') endGroup(child.pid);
  await Promise.race([closed, systemClock.sleep(500)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return {
    exit_code: code === 'late' ? null : code,
    timed_out: code === 'late',
    stdout: out.text(),
    stderr: err.text(),
    left_out: out.leftOut() + err.leftOut(),
  };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}

/** The first and the last of a stream. */
function ends() {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  let size = 0;
  const leftOut = () => Math.max(0, size - 2 * END_BYTES);
  return {
    take(piece: Buffer): void {
      size += piece.length;
      const room = END_BYTES - head.length;
      if (room > 0) head = Buffer.concat([head, piece.subarray(0, room)]);
      if (piece.length > room)
        tail = Buffer.concat([tail, piece.subarray(Math.max(0, room))]).subarray(-END_BYTES);
    },
    leftOut,
    text: () =>
      leftOut() === 0
        ? Buffer.concat([head, tail]).toString('utf8')
        : `${head}\n[${leftOut()} bytes left out here]\n${tail}`,
  };
}
