/** Processes that outlive their starter: who they are, that only one does a thing, and how they detach. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { gatewayBootFile, gatewayPidFile } from '../../../src/sidecar/gateway/files.ts';
import { endedAwake } from '../../../src/sidecar/gateway/suspend.ts';
import { detach } from '../../../src/sidecar/process/detach.ts';
import {
  endedInThisBoot,
  endProcess,
  identityOf,
  livePid,
  writePidFile,
} from '../../../src/sidecar/process/identity.ts';
import { lock, withLock } from '../../../src/sidecar/process/lock.ts';

let home: string;
let place: { home: string; port: number };
let pidFile: string;
const path = process.env.PATH;
const started: number[] = [];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'process-'));
  place = { home, port: 1 };
  pidFile = join(home, 'some.pid');
});
afterEach(() => {
  process.env.PATH = path;
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended by its test.
    }
  }
  rmSync(home, { recursive: true, force: true });
});

/** As on a Mac: no flock, no setsid, nothing below /proc. */
const NO_PROC = '/nonexistent';
function asOnMac(): void {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const name of ['ps', 'sleep', 'cat']) {
    symlinkSync(execFileSync('which', [name], { encoding: 'utf8' }).trim(), join(bin, name));
  }
  process.env.PATH = bin;
}

const run = async (script: string, proc?: string) => {
  const out = join(home, 'out');
  const command = ['/bin/sh', '-c', script, pidFile];
  const { pid, exited } = await detach({ pidFile, stdout: out, stderr: out, command, cwd: home }, proc);
  started.push(pid);
  return { pid, exited, out: () => readFileSync(out, 'utf8') };
};

/** A program of its own that takes `gateway` and keeps it. */
async function lockHolder(proc: string): Promise<string> {
  const outfile = join(home, 'holder.mjs');
  const contents = `
    import { lock } from ${JSON.stringify(fileURLToPath(new URL('../../../src/sidecar/process/lock.ts', import.meta.url)))};
    await lock(${JSON.stringify(place)}, 'gateway', 1, ${JSON.stringify(proc)});
    console.log('held');
    setInterval(() => {}, 1000);`;
  const stdin = { contents, resolveDir: home };
  await build({ stdin, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' });
  return outfile;
}

it('a gateway that a sleep of its machine ended did not end by itself, whoever put it to sleep', async () => {
  mkdirSync(join(home, '.openclaw-mcp'));
  pidFile = gatewayPidFile(place);
  const { exited } = await run('exit 0');
  await exited;
  expect(await endedAwake(place)).toBe(true);
  vi.stubEnv('DEDALUS_LOCAL_BOOT', 'first');
  expect(await endedAwake(place)).toBe(false);
  writeFileSync(gatewayBootFile(place), 'first');
  expect(await endedAwake(place)).toBe(true);
  vi.stubEnv('DEDALUS_LOCAL_BOOT', 'second');
  expect(await endedAwake(place)).toBe(false);
  vi.unstubAllEnvs();
});

describe.each([
  { on: 'Linux', proc: '/proc', mac: false },
  { on: 'a machine without /proc, setsid and flock', proc: NO_PROC, mac: true },
])('on $on', ({ proc, mac }) => {
  beforeEach(() => {
    if (mac) asOnMac();
  });

  it('a process is known by more than its number', async () => {
    const { pid } = await run('exec sleep 60', proc);
    const identity = (await identityOf(pid, proc)) ?? '';
    expect(identity).toMatch(new RegExp(`^${pid} \\S+ \\S+$`));
    expect(await livePid(pidFile, proc)).toBe(pid);
    writeFileSync(pidFile, `${identity.replace(/^(\d+) \S+/, '$1 12345')}\n`);
    expect(await livePid(pidFile, proc)).toBeUndefined();
    for (const odd of ['', 'no pid', `${pid}`, '-1 0 -']) {
      writeFileSync(pidFile, odd);
      expect(await livePid(pidFile, proc)).toBeUndefined();
    }
  });

  it('a command finds itself in the pid file, in a session of its own, with nothing open but its output', async () => {
    const { exited, out } = await run(
      'cat "$0"; [ -e /dev/fd/3 ] && echo open; ps -o sess= -p $$; cat; echo ended',
      proc,
    );
    const { code } = await exited;
    expect(code).toBe(0);
    const [identity = '', session, last] = out().split('\n');
    expect(identity).toMatch(/^\d+ \S+ \S+$/);
    expect(Number(session)).toBe(Number.parseInt(identity, 10));
    expect(last).toBe('ended');
    expect(await endedInThisBoot(pidFile, proc)).toBe(true);
  });

  it('is ended by its identity, with force where it does not listen', async () => {
    await run('exec sleep 60', proc);
    expect(await endProcess(pidFile, 5_000, proc)).toBe('stopped');
    expect(await endProcess(pidFile, 5_000, proc)).toBe('not_running');
    const { out } = await run('trap "" TERM; echo deaf; while :; do sleep 0.1; done', proc);
    while (!out().includes('deaf')) await pause(20);
    expect(await endProcess(pidFile, 300, proc)).toBe('killed');
  });

  it('one lock has one holder, in this process too, and several may be held', async () => {
    const unlock = await lock(place, 'gateway', 1, proc);
    const other = await lock(place, 'change', 1, proc);
    await expect(lock(place, 'gateway', 0, proc)).rejects.toMatchObject({ code: 'locked' });
    const waiting = lock(place, 'gateway', 10, proc);
    unlock();
    (await waiting)();
    other();
    (await lock(place, 'gateway', 0, proc))();
  });

  it('a lock whose holder was killed is free', async () => {
    const holder = spawn(process.execPath, [await lockHolder(proc)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(holder.pid ?? 0);
    await once(holder.stdout, 'data');
    await expect(lock(place, 'gateway', 0, proc)).rejects.toMatchObject({ code: 'locked' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await lock(place, 'gateway', 5, proc))();
  });
});

it('what a lock protects is given back when it fails', async () => {
  const failing = withLock(place, 'change', 1, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await withLock(place, 'change', 0, () => 'held')).toBe('held');
});

it('a lock of a script, held by the kernel, is held for us too', async () => {
  mkdirSync(join(home, '.openclaw-mcp'));
  const file = join(home, '.openclaw-mcp/change.lock');
  const holder = spawn('flock', [file, '-c', 'echo held; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  await once(holder.stdout, 'data');
  await expect(lock(place, 'change', 0)).rejects.toMatchObject({ code: 'locked' });
  process.kill(-(holder.pid ?? 0), 'SIGKILL');
  (await lock(place, 'change', 5))();
});

it('a child does not hold the lock of whoever started it', async () => {
  const unlock = await lock(place, 'change', 1);
  await run('exec sleep 60');
  unlock();
  (await lock(place, 'change', 0))();
});

it('a link that names a dead holder, or a file left by a machine with flock, holds nothing', async () => {
  asOnMac();
  mkdirSync(join(home, '.openclaw-mcp'));
  const file = join(home, '.openclaw-mcp/change.lock');
  symlinkSync('999999 Mon_Jan_1 -', file);
  (await lock(place, 'change', 0, NO_PROC))();
  writeFileSync(file, '');
  (await lock(place, 'change', 0, NO_PROC))();
  expect(existsSync(file)).toBe(false);
});

it('what cannot be started says so, and a pid that is gone is written nowhere', async () => {
  const missing = join(home, 'missing', 'out');
  const command = ['true'];
  await expect(detach({ pidFile, stdout: missing, stderr: missing, command })).rejects.toMatchObject({
    code: 'ENOENT',
  });
  expect(await writePidFile(pidFile, 2 ** 22 + 1)).toBe(false);
  expect(existsSync(pidFile)).toBe(false);
});

it('the kernel is told who goes first when memory is short', async () => {
  const out = join(home, 'out');
  const command = ['/bin/sh', '-c', 'exec cat /proc/self/oom_score_adj'];
  const { exited } = await detach({ pidFile, stdout: out, stderr: out, command, oomScore: 300 });
  await exited;
  expect(readFileSync(out, 'utf8')).toBe('300\n');
});
