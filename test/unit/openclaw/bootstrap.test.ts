/** What is sent to a machine says nothing by its command, and foreign output is never taken for ours. */
import { afterEach, expect, test } from 'vitest';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import { openclawService } from '../../../src/openclaw/openclaw-service.ts';
import { coldCommand, warmCommand } from '../../../src/openclaw/sidecar/bootstrap.ts';
import { readBootstrapOutput } from '../../../src/openclaw/sidecar/bootstrap-output.ts';
import { inPieces } from '../../../src/openclaw/sidecar/command-inputs.ts';
import { type HomeMachine, homeMachine } from './home-machine.ts';

const OPTIONS = { timeoutMs: 10_000, rerunnable: true };
let machine: HomeMachine | undefined;
afterEach(() => machine?.remove());

test('the text of a command never depends on what it asks', () => {
  const how = { sources: {}, replace: false, env: { OPENCLAW_MCP_JOB_ID: 'sk-secret' } };
  for (const command of [
    (body: string) => warmCommand(body, OPTIONS),
    (body: string) => coldCommand(body, how, OPTIONS),
  ]) {
    expect(command('a').command).toEqual(command('sk-secret').command);
    expect(JSON.stringify(command('sk-secret').command)).not.toContain('sk-secret');
  }
});

test('a large input goes out in pieces that Linux accepts', () => {
  const noise = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7919 * (i % 251)) % 256));
  const env = inPieces('OPENCLAW_MCP_BODY', noise.toString('base64'));
  expect(Object.keys(env).length).toBeGreaterThan(2);
  expect(Object.keys(env).sort()).toEqual(Object.keys(env));
  for (const [name, value] of Object.entries(env)) expect(name.length + value.length).toBeLessThan(131_071);
});

test('a job of which a machine without a Node knows nothing is unknown, and may be stopped before it begins', async () => {
  machine = await homeMachine();
  const openclaw = openclawService({ machines: machine, npmRegistry: 'http://127.0.0.1:9/' });
  expect(await openclaw.readJob('m', 'op-1', { waitSeconds: 0 })).toMatchObject({ state: 'unknown' });
  await openclaw.stopJob('m', 'op-1');
  const plan = await openclaw.resolve('m', undefined);
  const deploy = openclaw.startDeploy('m', 'op-1', plan, {
    name: 'mine',
    model: undefined,
    providers: providerKeys({ ANTHROPIC_API_KEY: 'sk-ant-test' }),
  });
  await expect(deploy).rejects.toMatchObject({ code: 'cancelled' });
});

test('an id that would leave its folder is refused', async () => {
  machine = await homeMachine();
  const openclaw = openclawService({ machines: machine, npmRegistry: 'http://127.0.0.1:9/' });
  await expect(openclaw.readJob('m', '../x')).rejects.toMatchObject({ code: 'invalid_input' });
});

test.each([
  ['cut output', 'state=running\n'],
  ['output of somebody else', 'hello\nend=1\n'],
  ['text after the end', 'a=1\nend=1\nb=2\n'],
  ['a damaged blob', 'log@=!!!!\nend=1\n'],
])('%s is an error with the foreign text apart', (_name, stdout) => {
  const result = { exitCode: 0, stdout, stderr: 'oops', truncated: false, executionId: 'e' };
  expect(() => readBootstrapOutput(result)).toThrowError(expect.objectContaining({ code: 'command_failed' }));
  try {
    readBootstrapOutput(result);
  } catch (error) {
    expect(error).toMatchObject({ foreign: expect.stringContaining('oops') });
    expect(String(error)).not.toContain('oops');
  }
});
