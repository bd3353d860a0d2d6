/** A command of OpenClaw's own on the machine: its arguments as they are, no input, and a bound for time and output. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processLives } from '../../../src/core/files.ts';
import { runOpenclaw } from '../../../src/sidecar/look/run-openclaw.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'run-openclaw-'));
  await mkdir(join(home, '.openclaw'));
  await mkdir(join(home, '.openclaw-mcp', 'node', 'bin'), { recursive: true });
  await symlink(process.execPath, join(home, '.openclaw-mcp', 'node', 'bin', 'node'));
  await mkdir(join(home, '.openclaw-mcp', 'current', 'node_modules', 'openclaw'), { recursive: true });
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function run(program: string, args: string[] = [], timeout_ms = 20_000) {
  const file = join(home, '.openclaw-mcp', 'current', 'node_modules', 'openclaw', 'openclaw.mjs');
  await writeFile(file, program);
  return runOpenclaw({ home, port: 18_789 }, { args, timeout_ms });
}

it('gets every argument as it is, and nothing on its standard input', async () => {
  const args = ['$(id)', '; rm -rf /', '', 'two words', '--x="y"', '\u{1f600}'];
  const program = `let seen = ''; process.stdin.on('data', (d) => (seen += d)).on('end', () =>
    console.log(JSON.stringify({ args: process.argv.slice(2), seen, tty: !!process.stdout.isTTY, home: process.env.HOME })));`;
  const ran = await run(program, args);
  expect(JSON.parse(ran.stdout)).toEqual({ args, seen: '', tty: false, home });
  expect(ran).toMatchObject({ exit_code: 0, timed_out: false, stderr: '', left_out: 0 });
});

it('tells how it ended, and what it said of it', async () => {
  expect(await run(`console.error('no such job'); process.exitCode = 3;`)).toMatchObject({
    exit_code: 3,
    stderr: 'no such job\n',
  });
});

it('keeps both ends of what is long, and says how much lies between', async () => {
  const ran = await run(`process.stdout.write('begin' + 'x'.repeat(1_000_000) + 'end');`);
  expect(ran.left_out).toBe(1_000_008 - 2 * 128 * 1024);
  expect(ran.stdout).toMatch(/^begin.*end$/s);
  expect(ran.stdout).toContain(`[${ran.left_out} bytes left out here]`);
  expect(ran.stdout.length).toBeLessThan(300_000);
});

it('tears no character where nothing is left out', async () => {
  const ran = await run(`process.stdout.write('a' + '\u00e9'.repeat(100_000));`);
  expect(ran.stdout).toBe(`a${'\u00e9'.repeat(100_000)}`);
});

it('is ended with all that it started, where it does not end in time', async () => {
  const program = `const { spawn } = await import('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    console.log(child.pid); setInterval(() => {}, 1000);`;
  const ran = await run(program, [], 2_000);
  expect(ran).toMatchObject({ exit_code: null, timed_out: true });
  const pid = Number(ran.stdout);
  expect(pid).toBeGreaterThan(0);
  await expect.poll(() => processLives(pid)).toBe(false);
});

it('does not wait for what it left behind', async () => {
  const program = `const { spawn } = await import('node:child_process');
    spawn(process.execPath, ['-e', 'setTimeout(() => {}, 5000)'], { stdio: 'inherit', detached: true }).unref();
    console.log('done');`;
  const ran = await run(program);
  expect(ran).toMatchObject({ exit_code: 0, timed_out: false, stdout: 'done\n' });
});
