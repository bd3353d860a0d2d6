/** What a client feels of a server before the first call: time to `initialize`, memory after `tools/list`. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/core/clock.ts';
import { median } from './machine-api.ts';

export interface StartUp {
  /** Spawn to the answer to `initialize`, milliseconds, median. */
  initializeMs: number;
  /** Of the whole process tree 300 ms after `tools/list`, median. */
  residentMib: number;
}

const RUNS = 9;
const PEERS = { context7: '@upstash/context7-mcp', playwright: '@playwright/mcp' } as const;

/** Installs the peers into `dir` and measures them and `bin` in turn, so that the computer's mood is shared. */
export async function compareStartUps(bin: string, dir: string): Promise<Record<string, StartUp>> {
  execFileSync(
    'npm',
    [
      'install',
      '--prefix',
      dir,
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      '--silent',
      ...Object.values(PEERS),
    ],
    { stdio: 'ignore' },
  );
  const scripts = new Map([
    ['ours', bin],
    ...Object.entries(PEERS).map(([name, pkg]) => [name, binOf(dir, pkg)] as const),
  ]);
  const seen = new Map(
    [...scripts.keys()].map((name) => [name, { times: [] as number[], memory: [] as number[] }]),
  );
  for (let run = 0; run <= RUNS; run++) {
    for (const [name, script] of scripts) {
      const { initializeMs, residentMib } = await startOnce(script, dir);
      // The first round warms the file cache.
      if (run === 0) continue;
      seen.get(name)?.times.push(initializeMs);
      seen.get(name)?.memory.push(residentMib);
    }
  }
  return Object.fromEntries(
    [...seen].map(([name, { times, memory }]) => [
      name,
      { initializeMs: median(times), residentMib: median(memory) },
    ]),
  );
}

function binOf(dir: string, name: string): string {
  const folder = join(dir, 'node_modules', name);
  const { bin }: { bin: string | Record<string, string> } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const file = typeof bin === 'string' ? bin : Object.values(bin)[0];
  if (!file) throw new Error(`${name} has no program`);
  return join(folder, file);
}

async function startOnce(script: string, home: string): Promise<StartUp> {
  const env = { PATH: process.env.PATH ?? '', HOME: home };
  const start = performance.now();
  const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'ignore'], cwd: home });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (id: number, method: string, params: unknown) => {
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended`);
      if (JSON.parse(value).id === id) return;
    }
  };
  try {
    await ask(1, 'initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    });
    const initializeMs = performance.now() - start;
    child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' })}\n`);
    await ask(2, 'tools/list', {});
    await systemClock.sleep(300);
    return { initializeMs, residentMib: treeMemory(child.pid ?? 0) };
  } finally {
    child.kill('SIGKILL');
  }
}

/** MiB resident in a process and everything below it. */
export function treeMemory(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const parent = Number(/^PPid:\t(\d+)/m.exec(statusOf(pid))?.[1]);
    if (pid > 0 && parent > 0) parents.set(pid, parent);
  }
  const within = (pid: number | undefined): boolean =>
    pid === root || (pid !== undefined && within(parents.get(pid)));
  const kib = [root, ...parents.keys()]
    .filter((pid, i, all) => within(pid) && all.indexOf(pid) === i)
    .map((pid) => Number(/^VmRSS:\s+(\d+)/m.exec(statusOf(pid))?.[1] ?? 0));
  return kib.reduce((a, b) => a + b, 0) / 1024;
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}
