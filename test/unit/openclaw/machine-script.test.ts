/** Scripts travel, run and answer: the command says nothing, jobs run once, and foreign output is never taken for ours. */
import { afterEach, expect, test } from 'vitest';
import { jobScript, largeInput, machineScript } from '../../../src/openclaw/machine-script.ts';
import { readScriptOutput, runScript } from '../../../src/openclaw/script-output.ts';
import { type HomeMachine, homeMachine } from './home-machine.ts';

const OPTIONS = { timeoutMs: 10_000, rerunnable: true };
let machine: HomeMachine | undefined;
afterEach(() => machine?.remove());

const readJob = async (on: HomeMachine, id: string, seen = 0, wait = 0) => {
  const env = {
    OPENCLAW_MCP_JOB_ID: id,
    OPENCLAW_MCP_SEEN_STAGES: `${seen}`,
    OPENCLAW_MCP_WAIT_S: `${wait}`,
  };
  return (await runScript(on, 'm', machineScript('read-job', env, OPTIONS))).values;
};

test('the text of a command never depends on the script or its inputs', () => {
  const one = machineScript('read-job', { OPENCLAW_MCP_JOB_ID: 'a' }, OPTIONS);
  const other = machineScript('start-job', { OPENCLAW_MCP_JOB_ID: 'sk-secret' }, OPTIONS);
  expect(one.command).toEqual(other.command);
  expect(JSON.stringify(other.command)).not.toContain('sk-secret');
});

test('a large input goes out in pieces that Linux accepts', () => {
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919 * (i % 251)) % 256));
  const env = largeInput('OPENCLAW_MCP_BODY', noise);
  expect(Object.keys(env).length).toBeGreaterThan(2);
  for (const [name, value] of Object.entries(env)) expect(name.length + value.length).toBeLessThan(131_071);
});

test('a job that was never started is unknown', async () => {
  machine = await homeMachine();
  expect(await readJob(machine, 'op-1')).toMatchObject({ state: 'unknown' });
});

test('a job that runs can be read while it goes on, ends with its result, and is not run twice', async () => {
  machine = await homeMachine();
  const read = { OPENCLAW_MCP_JOB_ID: 'inner', OPENCLAW_MCP_WAIT_S: '1' };
  const start = jobScript('read-job', 'outer', read, OPTIONS);
  expect((await runScript(machine, 'm', start)).values).toMatchObject({ started: 'yes' });
  const done = await readJob(machine, 'outer', 0, 5);
  expect(done).toMatchObject({ state: 'done', 'result.job': 'outer' });
  expect((await runScript(machine, 'm', start)).values).toMatchObject({ started: 'no', because: 'done' });
});

test('an id that would leave its folder is refused', async () => {
  machine = await homeMachine();
  await expect(readJob(machine, '../x')).rejects.toMatchObject({ code: 'invalid_input' });
});

test.each([
  ['cut output', 'state=running\n'],
  ['output of somebody else', 'hello\nend=1\n'],
  ['text after the end', 'a=1\nend=1\nb=2\n'],
  ['a damaged blob', 'log@=!!!!\nend=1\n'],
])('%s is an error with the foreign text apart', (_name, stdout) => {
  const result = { exitCode: 0, stdout, stderr: 'oops', truncated: false, executionId: 'e' };
  expect(() => readScriptOutput(result)).toThrowError(expect.objectContaining({ code: 'command_failed' }));
  try {
    readScriptOutput(result);
  } catch (error) {
    expect(error).toMatchObject({ foreign: expect.stringContaining('oops') });
    expect(String(error)).not.toContain('oops');
  }
});
