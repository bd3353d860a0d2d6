/** Settings and secrets as people write them: read as OpenClaw reads them, changed without loss, never overwritten unread. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseJson5 } from '../../src/core/json5.ts';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let home: string;
beforeAll(async () => {
  lab = await startLab();
  agent = await lab.connect();
  const machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
  const root = dirname(lab.stateDir);
  const found = (await readdir(root, { recursive: true })).find(
    (path) => path.includes(machine.replace(/^dm-/, '')) && path.endsWith('/.openclaw'),
  );
  home = dirname(join(root, found ?? 'there is none'));
}, 300_000);
afterAll(() => lab.close());

const settings = () => join(home, '.openclaw/openclaw.json');
const secrets = () => join(home, '.openclaw/secrets.json');
const textOf = (file: string) => readFile(file, 'utf8');
const objectOf = async (file: string) => Object(parseJson5(await textOf(file)));

/** As a person has it after an evening with an editor. */
async function rewriteByHand(): Promise<void> {
  const { gateway, secrets: providers, models, agents, logging, meta } = await objectOf(settings());
  const bare = (value: unknown) => JSON.stringify(value).replace(/"([a-zA-Z_]+)":/g, '$1:');
  await writeFile(
    settings(),
    `// Anna's assistant
{
  meta: ${bare(meta)},
  gateway: ${bare(gateway)}, // leave this
  secrets: ${bare(providers)},
  models: ${bare(models)},
  agents: ${bare(agents)},
  logging: ${bare(logging)},
  /* asks before it runs */
  tools: { exec: { ask: 'on-miss', }, },
}
`,
    { mode: 0o600 },
  );
}

it.each([
  ['pretty-printed', (value: object) => `${JSON.stringify(value, null, 2)}\n`],
  ['with another key first', (value: object) => JSON.stringify({ telegram_bot: '1:abc', ...value })],
  [
    'with a byte order mark',
    (value: object) => `\uFEFF${JSON.stringify({ ...value, telegram_bot: '1:abc' })}`,
  ],
  [
    'as JSON5',
    (value: object) => `{ telegram_bot: '1:abc', ...0, }`.replace('...0', JSON.stringify(value).slice(1, -1)),
  ],
])(
  'secrets %s lose nothing at the next deploy, and the token stays',
  async (_, written) => {
    const before = { ...(await objectOf(secrets())), slack_bot: 'xoxb-kept' };
    await writeFile(secrets(), written(before), { mode: 0o600 });
    expect((await agent.finish('deploy_openclaw')).data).toMatchObject({ status: 'ready' });
    expect(await objectOf(secrets())).toMatchObject(before);
    expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
    expect(await textOf(join(home, '.openclaw-mcp/auth'))).toContain(before.gateway);
  },
  60_000,
);

it('secrets that nobody can read are named and left alone, and a repair keeps them beside the new ones', async () => {
  const whole = await textOf(secrets());
  await writeFile(secrets(), whole.slice(0, -20), { mode: 0o600 });
  const { data, texts } = await agent.finish('deploy_openclaw');
  expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  expect(texts[0]).toContain('secrets.json');
  expect(await textOf(secrets())).toBe(whole.slice(0, -20));
  expect(
    (await agent.finish('configure_openclaw', { set: { 'tools.exec.ask': 'always' } })).data,
  ).toMatchObject({
    error: { message: expect.stringContaining('secrets.json') },
  });
  await agent.finish('repair_openclaw');
  const own = join(home, '.openclaw-mcp');
  const kept = (await readdir(own)).find((name) => name.startsWith('secrets.json.unreadable-'));
  expect(await textOf(join(own, kept ?? ''))).toBe(whole.slice(0, -20));
  expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
}, 300_000);

it('settings with comments are told truly, changed with the comments kept, and survive a deploy', async () => {
  await rewriteByHand();
  const status = await agent.call('gateway_status');
  expect(status.data).toMatchObject({ working: true, advice: [] });
  expect(status.data.posture).toEqual(
    expect.arrayContaining(
      ['bind', 'auth', 'token'].map((name) => expect.objectContaining({ name, state: 'ok' })),
    ),
  );
  const told = String((await agent.finish('configure_openclaw')).data.settings);
  expect(JSON.parse(told)).toMatchObject({ tools: { exec: { ask: 'on-miss' } } });
  const wish = { set: { 'tools.exec.ask': 'always', 'messages.queue': 'collect' } };
  const changed = await agent.finish('configure_openclaw', wish);
  expect(changed.data).toMatchObject({
    status: 'done',
    notes: expect.arrayContaining([expect.stringContaining('comments')]),
  });
  expect(await objectOf(settings())).toMatchObject({
    tools: { exec: { ask: 'always' } },
    messages: { queue: 'collect' },
  });
  const deployed = await agent.finish('deploy_openclaw', { model: 'anthropic/claude-opus-4-6' });
  expect(deployed.data.notes).toEqual(expect.arrayContaining([expect.stringContaining('comments')]));
  expect(await objectOf(settings())).toMatchObject({
    tools: { exec: { ask: 'always' } },
    agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6' } } },
  });
  for (const comment of ["// Anna's assistant", '// leave this', '/* asks before it runs */'])
    expect(await textOf(settings())).toContain(comment);
}, 300_000);

it('settings that nobody can read are unknown, and never overwritten', async () => {
  const whole = await textOf(settings());
  const broken = `${whole.slice(0, -10)} {{{`;
  await writeFile(settings(), broken, { mode: 0o600 });
  const posture = (await agent.call('gateway_status')).data.posture;
  expect(posture).toEqual(
    expect.arrayContaining([expect.objectContaining({ name: 'auth', state: 'not_checked' })]),
  );
  expect(JSON.stringify(posture)).not.toContain('beyond its own machine');
  for (const [tool, args] of [
    ['deploy_openclaw', {}],
    ['configure_openclaw', { set: { 'tools.exec.ask': 'off' } }],
  ] as const) {
    const { data, texts } = await agent.finish(tool, args);
    expect(data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
    expect(texts[0]).toContain('openclaw.json');
    expect(await textOf(settings())).toBe(broken);
  }
  await writeFile(settings(), whole, { mode: 0o600 });
}, 300_000);

it('a new token goes into secrets of any layout, and the old one is refused', async () => {
  const before = await objectOf(secrets());
  await writeFile(secrets(), JSON.stringify({ telegram_bot: '1:abc', ...before }, null, 2), { mode: 0o600 });
  expect((await agent.finish('configure_openclaw', { rotate_token: true })).data.status).toBe('done');
  const after = await objectOf(secrets());
  expect(after).toMatchObject({ telegram_bot: '1:abc', anthropic: PROVIDER_KEY });
  expect(after.gateway).not.toBe(before.gateway);
  expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
  await rm(join(home, '.openclaw-mcp/auth'));
  await agent.finish('repair_openclaw');
  expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
}, 300_000);
