/** One change of an assistant at a time: two at once would undo each other's work, or take each other's result. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab, type ToolAnswer } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  await agent.finish('deploy_openclaw', { openclaw_version: '2026.7.1' });
}, 300_000);
afterAll(() => lab.close());

// Longer each time: a handful of chats, however long the change takes on a busy computer.
const PAUSE_MS = 400;

it('chats that arrive while a change restarts the gateway are sent after it, each once', async () => {
  const changing = agent.finish('configure_openclaw', { set: { 'tools.exec.ask': 'on-miss' } });
  let over = false;
  void changing.finally(() => {
    over = true;
  });
  const chats: Promise<{ message: string; told: ToolAnswer }>[] = [];
  while (!over) {
    const message = `Said during the change, ${chats.length}`;
    const session = `s${chats.length}`;
    chats.push(agent.finish('chat', { message, session }).then((told) => ({ message, told })));
    await Promise.race([changing, new Promise((resolve) => setTimeout(resolve, PAUSE_MS * chats.length))]);
  }
  expect((await changing).data).toMatchObject({ status: 'done', applied: 'restart' });
  for (const { message, told } of await Promise.all(chats)) {
    const data = { status: 'done', reply: expect.stringContaining(message) };
    expect(told).toMatchObject({ isError: false, data });
    expect(lab.model.requests.filter(({ question }) => question === message)).toHaveLength(1);
  }
}, 300_000);

it('a setting that was changed during an upgrade is not lost by its rollback', async () => {
  const set = { set: { 'tools.exec.ask': 'always' } };
  const upgrade = agent.call('upgrade_openclaw', { openclaw_version: '2026.9.4', wait_seconds: 1 });
  await expect.poll(async () => (await agent.assembled.services.operations.list('running')).length).toBe(1);
  const refused = await agent.call('configure_openclaw', set);
  expect(refused.isError).toBe(true);
  // Each of these would end what the upgrade has started, or be undone by it.
  const others = ['sleep_machine', 'repair_openclaw', 'deploy_openclaw'];
  const alsoRefused = await Promise.all(others.map((tool) => agent.call(tool, { wait_seconds: 0 })));
  const { operation_id } = (await upgrade).data;
  for (const { isError, texts } of [refused, ...alsoRefused]) {
    expect(isError).toBe(true);
    expect(texts[0]).toMatch(/Nothing was changed: an upgrade .*is not finished/);
    expect(texts[0]).toContain(`get_operation with operation_id "${operation_id}"`);
  }
  // To look is no change.
  expect((await agent.finish('configure_openclaw')).data).toMatchObject({ status: 'done' });
  expect((await agent.finish('get_operation', { operation_id })).data.status).toBe('failed');
  await agent.finish('configure_openclaw', set);
  expect(String((await agent.finish('configure_openclaw')).data.settings)).toContain('"ask":"always"');
}, 300_000);

/** Of calls at once, which ever comes first begins; who wants the same joins it, who wants something else is refused. */
function expectOneBegan(wishes: readonly string[], answers: readonly ToolAnswer[]): void {
  const began = wishes.filter((_, i) => !answers[i]?.isError);
  const [wish] = began;
  expect(began).toEqual(wishes.filter((one) => one === wish));
  const ids = answers.filter(({ isError }) => !isError).map(({ data }) => data.operation_id);
  expect(new Set(ids).size).toBe(1);
  for (const { texts } of answers.filter(({ isError }) => isError)) {
    expect(texts[0]).toMatch(/Nothing was (?:begun|changed)/);
  }
}

it('another version is not answered with the upgrade that runs, and both of two calls at once do not begin', async () => {
  const versions = ['2026.9.4', '2026.9.6', '2026.9.4'];
  const upgrades = versions.map((openclaw_version) =>
    agent.call('upgrade_openclaw', { openclaw_version, wait_seconds: 1 }),
  );
  expectOneBegan(versions, await Promise.all(upgrades));
  for (const { id } of await agent.assembled.services.operations.list('running')) {
    await agent.finish('get_operation', { operation_id: id });
  }

  const wishes = ['off', 'on-miss', 'off'];
  const changes = wishes.map((wish) =>
    agent.finish('configure_openclaw', { set: { 'tools.exec.ask': wish } }),
  );
  expectOneBegan(wishes, await Promise.all(changes));
}, 300_000);
