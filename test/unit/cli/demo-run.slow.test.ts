/** The demo must show every step, be honest about what answers, and leave nothing behind, however it ends. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runDemo } from '../../../src/cli/demo/run.ts';
import { systemClock } from '../../../src/core/clock.ts';

const SERVER = fileURLToPath(new URL('../../support/demo-server.mjs', import.meta.url));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'demo-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

interface Call {
  name: string;
  input: Record<string, unknown>;
  pid: number;
  api: string;
}

interface Setting {
  fault?: string;
  env?: Record<string, string>;
  isTTY?: boolean;
}

/** Starts the demo against a server that tells its story from `fault`. */
function start({ fault = '', env = {}, isTTY = false }: Setting = {}) {
  const interrupt = new AbortController();
  const seen = { text: '', stateDir: '', closed: 0 };
  const log = path.join(dir, 'calls');
  const close = async () => {
    seen.closed += 1;
  };
  const code = runDemo({
    env: { PATH: process.env.PATH, DEMO_TEST_LOG: log, DEMO_TEST_FAULT: fault, ...env },
    stdout: {
      isTTY,
      columns: 60,
      write: (text: string) => {
        seen.text += text;
      },
    },
    clock: systemClock,
    signal: interrupt.signal,
    server: { command: process.execPath, args: [SERVER] },
    startLocalApi: async ({ stateDir }) => {
      seen.stateDir = stateDir;
      return { baseUrl: 'http://127.0.0.1:9', apiKey: 'k', close };
    },
  });
  const calls = async (): Promise<Call[]> => {
    const lines = await readFile(log, 'utf8').catch(() => '');
    return lines
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  };
  return { code, seen, calls, interrupt };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('tells the whole story, follows what runs long, and leaves nothing', async () => {
  const { code, seen, calls } = start();
  expect(await code).toBe(0);
  const made = await calls();
  expect(made.map((call) => call.name)).toEqual([
    'deploy_openclaw',
    'get_operation',
    'chat',
    'chat',
    'list_sessions',
    'read_logs',
    'sleep_machine',
    'wake_machine',
    'chat',
    'destroy_machine',
    'destroy_machine',
  ]);
  expect(made[1]?.input).toEqual({ operation_id: 'deploy_1' });
  expect(made.at(-1)?.input).toEqual({ machine_id: 'm-1', confirmation: 'agreed' });
  expect(made[0]?.api).toBe('http://127.0.0.1:9');
  expect(seen.text).toContain('I am the stand-in model of the demo, not a real one.');
  expect(seen.text).toContain('OpenClaw 2026.9.6 on Node 24.21.0');
  expect(seen.text.match(/✓ Destroy the machine/g)).toHaveLength(2);
  expect(seen.text).toContain('Nothing is left running, and nothing on disk.');
  // Without a terminal: one line per stage, and nothing that redraws.
  expect(seen.text.match(/· first stage$/gm)).toHaveLength(1);
  expect(seen.text.match(/· second stage: half done$/gm)).toHaveLength(1);
  expect(seen.text).not.toContain('\u001b');
  expect(seen.closed).toBe(1);
  expect(existsSync(path.dirname(seen.stateDir))).toBe(false);
  expect(isAlive(made[0]?.pid ?? 0)).toBe(false);
});

it('on a terminal redraws one bar that never wraps; with a provider key of your own names the provider', async () => {
  const { code, seen } = start({ isTTY: true, env: { OPENAI_API_KEY: 'sk-real' } });
  expect(await code).toBe(0);
  const drawn = seen.text.split('\r\u001b[2K').filter((line) => /^[█░]/.test(line));
  expect(drawn.length).toBeGreaterThan(8);
  expect(Math.max(...drawn.map((line) => line.length))).toBeLessThan(60);
  expect(seen.text).toContain('Answers come from openai');
  expect(seen.text).not.toContain('stand-in');
  expect(seen.text).not.toContain('sk-real');
});

it.each([
  ['a tool fails', 'fail wake_machine', '✗ Wake it', 'The platform refused.'],
  ['the assistant forgets', 'forgets', '✗ Chat: does it remember?', 'does not name turquoise'],
])('ends with 1 and cleans up when %s', async (_when, fault, line, why) => {
  const { code, seen, calls } = start({ fault });
  expect(await code).toBe(1);
  expect(seen.text).toContain(line);
  expect(seen.text).toContain(why);
  expect(seen.text).not.toContain('\u001b');
  expect(seen.closed).toBe(1);
  expect(existsSync(path.dirname(seen.stateDir))).toBe(false);
  expect(isAlive((await calls())[0]?.pid ?? 0)).toBe(false);
});

it('ends with 130 and cleans up when it is interrupted in the middle', async () => {
  const { code, seen, calls, interrupt } = start({ fault: 'hang deploy_openclaw' });
  await expect.poll(async () => (await calls()).length, { interval: 20 }).toBe(1);
  interrupt.abort();
  expect(await code).toBe(130);
  expect(seen.text).toContain('Interrupted.');
  expect(seen.text).toContain('Nothing is left running');
  expect(seen.closed).toBe(1);
  expect(existsSync(path.dirname(seen.stateDir))).toBe(false);
  expect(isAlive((await calls())[0]?.pid ?? 0)).toBe(false);
});
