/** repair_openclaw as an agent meets it: several things broken at once, one call, and the truth about each of them. */
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let home: string;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw');
  home = await homeOfTheMachine();
}, 300_000);
afterAll(() => lab.close());

async function homeOfTheMachine(): Promise<string> {
  const root = join(lab.stateDir, '..', 'local');
  const found = (await readdir(root, { recursive: true })).find((path) => path.endsWith('.openclaw-mcp'));
  return join(root, found ?? 'nowhere', '..');
}

async function killGateway(): Promise<void> {
  const pid = Number.parseInt(await readFile(join(home, '.openclaw-mcp', 'gateway.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
}

describe('repair_openclaw', () => {
  it('leaves an assistant that works alone, and says so, also where the guest refuses its first commands', async () => {
    const fault = { operation: 'execution_create', times: 2, action: { type: 'refuse_execution' } } as const;
    lab.local.api.faults.set({ faults: [fault] });
    const { data, texts } = await agent.finish('repair_openclaw');
    expect(data).toMatchObject({ status: 'done', kind: 'repair', found: [], done: [], left: [] });
    expect(texts[0]).toContain('nothing was wrong');
    expect(data.next).toContain('Call chat');
  }, 300_000);

  it('mends what is broken at once and proves it', async () => {
    // The gateway lives, so nothing but the repair puts these right.
    await writeFile(join(home, '.openclaw', 'openclaw.json'), '{"gateway": nonsense');
    await chmod(join(home, '.openclaw', 'secrets.json'), 0o644);
    await rm(join(home, '.openclaw-mcp', 'auth'));
    const { data } = await agent.finish('repair_openclaw');
    expect(data).toMatchObject({
      status: 'done',
      found: expect.arrayContaining([
        'Others on the machine can read files with secrets or settings',
        'The configuration is invalid',
        'The access token file is missing',
      ]),
      done: expect.arrayContaining(['Wrote the access token file again']),
      left: [],
    });
    expect((await agent.finish('chat', { message: 'Still there?' })).data).toMatchObject({ status: 'done' });
  }, 300_000);

  it('brings back a gateway that its broken configuration keeps from starting', async () => {
    await writeFile(join(home, '.openclaw', 'openclaw.json'), '{"gateway": nonsense');
    await killGateway();
    const { data } = await agent.finish('repair_openclaw');
    expect(data).toMatchObject({
      status: 'done',
      found: expect.arrayContaining([
        'The configuration is invalid',
        // The machine's own program may just be trying to start it, in vain.
        expect.stringMatching(/^The gateway (is not running|runs but does not (listen|answer))$/),
      ]),
      // Whoever started it, the repair or the machine's own program once the configuration was mended.
      done: expect.arrayContaining(['The gateway works again']),
      left: [],
    });
    expect((await agent.finish('chat', { message: 'Are you back?' })).data).toMatchObject({ status: 'done' });
  }, 300_000);

  it('wakes a machine that sleeps, and puts back a key that this server holds without showing it', async () => {
    await agent.finish('sleep_machine');
    await writeFile(join(home, '.openclaw', 'secrets.json'), '{}', { mode: 0o600 });
    const answer = await agent.finish('repair_openclaw');
    expect(answer.data).toMatchObject({
      status: 'done',
      phase: 'running',
      found: expect.arrayContaining(['The machine was sleeping', 'No key on the machine for: anthropic']),
      left: [],
    });
    expect(JSON.stringify(answer)).not.toContain(PROVIDER_KEY);
    expect((await agent.finish('chat', { message: 'Hello' })).data).toMatchObject({ status: 'done' });
  }, 300_000);
});
