/** `doctor --live` as a process that is killed or interrupted: the next one, or it itself, removes its machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bin, copyOfBin, NODE } from '../support/bin.ts';
import { type Lab, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';

let bin: Bin;
let lab: Lab;
beforeAll(async () => {
  bin = await copyOfBin();
  lab = await startLab({ runtime: noRuntime });
});
afterAll(async () => {
  await lab.close();
  await bin.remove();
});

/** One check, as somebody types it. */
function check(): { child: ChildProcess; out: () => string; sees(text: string): Promise<void> } {
  const env = { PATH: process.env.PATH ?? '', HOME: tmpdir(), ...lab.env };
  const child = spawn(NODE, [bin.path, 'doctor', '--live', '--yes'], { env, cwd: tmpdir() });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  return {
    child,
    out: () => out,
    sees: (text) => expect.poll(() => err).toContain(text),
  };
}

async function machines(): Promise<number> {
  const { assembled } = await lab.connect();
  return (await assembled.services.machines.list()).length;
}

it('leaves no machine, whether it is killed or interrupted', async () => {
  const killed = check();
  await killed.sees('… guest answers');
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  expect(killed.out()).toBe('');
  expect(await machines()).toBe(1);

  const interrupted = check();
  await interrupted.sees('… removing the machine of an earlier check');
  await interrupted.sees('… guest answers');
  interrupted.child.kill('SIGINT');
  const [code] = await once(interrupted.child, 'exit');
  expect(code).toBe(1);
  expect(interrupted.out()).toMatch(/\| the check itself \| ends \| ended by Ctrl-C \|/);
  expect(interrupted.out()).toMatch(/\| destroy \|[^|]*\| destroyed \|/);
  expect(await machines()).toBe(0);
  expect(await readdir(lab.stateDir)).not.toContain('live-check.json');
});
