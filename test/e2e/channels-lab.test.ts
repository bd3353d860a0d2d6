/** Messengers whose channel is a plugin: installed in the version of the assistant, its tokens asked at their own side. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANNELS, type ChannelId } from '../../src/openclaw/catalog/channels.ts';
import { configureService } from '../../src/openclaw/configure/configure.ts';
import { planChange } from '../../src/openclaw/configure/plan.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { scriptedHttp } from '../support/scripted-http.ts';

const SLACK = { SLACK_BOT_TOKEN: 'xoxb-0123456789-lab', SLACK_APP_TOKEN: 'xapp-1-0123456789-lab' };
const DISCORD = { DISCORD_BOT_TOKEN: 'MTIz.lab.0123456789' };

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  // A proxy that nobody answers at: no question of these machines reaches a real messenger.
  lab = await startLab({ machineEnv: { HTTPS_PROXY: 'http://127.0.0.1:9' } });
  agent = await lab.connect({ ...SLACK, ...DISCORD });
  await agent.finish('deploy_openclaw');
}, 300_000);
afterAll(() => lab.close());

const asked = () => lab.registry.requests.filter((path) => path.startsWith('/@openclaw/'));

it('connects Slack with its plugin, once, and says that tokens nobody could be asked about are unproved', async () => {
  const { data, texts } = await agent.finish('configure_openclaw', { channel: 'slack' });
  expect(data).toMatchObject({ status: 'done', channels: [{ id: 'slack', state: 'not_connected' }] });
  expect(texts[0]).toMatch(/slack could not be asked.*unproved/);
  expect(asked()).toEqual(['/@openclaw/slack/2026.9.6']);
  await agent.finish('configure_openclaw', { channel: 'slack' });
  expect(asked()).toHaveLength(1);
  const shown = String((await agent.finish('configure_openclaw')).data.settings);
  expect(JSON.parse(shown)).toMatchObject({ secrets_set: ['anthropic', 'slack_bot', 'slack_app'] });
  for (const token of Object.values(SLACK)) expect(shown).not.toContain(token);
});

it('an upgrade brings the plugin along, and the gateway works with it', async () => {
  const other = { name: 'other', openclaw_version: '2026.7.1' };
  const { machine_id } = (await agent.finish('deploy_openclaw', other)).data;
  await agent.finish('configure_openclaw', { machine_id, channel: 'slack' });
  const { data } = await agent.finish('upgrade_openclaw', { machine_id });
  expect(data).toMatchObject({ status: 'done', openclaw_version: '2026.9.6' });
  expect(data.notes).toEqual(['The slack plugin came along.']);
  expect(asked().slice(-2)).toEqual(['/@openclaw/slack/2026.7.1', '/@openclaw/slack/2026.9.6']);
  const { texts } = await agent.finish('read_logs', { machine_id });
  expect(texts.join('\n')).toContain('plugin slack 2026.9.6 loaded');
  const again = await agent.finish('configure_openclaw', { machine_id, channel: 'slack' });
  expect(again.data).toMatchObject({ status: 'done', applied: 'none' });
  expect(asked().at(-2)).toBe('/@openclaw/slack/2026.7.1');
  await agent.assembled.services.machines.destroy(String(machine_id));
}, 300_000);

it('a backup of an older version brings its plugin to the version that it is restored on', async () => {
  const old = (await agent.finish('deploy_openclaw', { name: 'old', openclaw_version: '2026.7.1' })).data;
  await agent.finish('configure_openclaw', { machine_id: old.machine_id, channel: 'slack' });
  const { backup } = (await agent.finish('backup_openclaw', { machine_id: old.machine_id })).data;
  await agent.assembled.services.machines.destroy(String(old.machine_id));
  const { machine_id } = (await agent.finish('deploy_openclaw', { name: 'new' })).data;
  const { data } = await agent.finish('backup_openclaw', {
    machine_id,
    action: 'restore',
    file: Object(backup).file,
  });
  expect(data).toMatchObject({ status: 'done', openclaw_version: '2026.9.6' });
  expect(String(data.notes)).toContain('The slack plugin came along.');
  const { texts } = await agent.finish('read_logs', { machine_id });
  expect(texts.join('\n')).toContain('plugin slack 2026.9.6 loaded');
  await agent.assembled.services.machines.destroy(String(machine_id));
}, 300_000);

it('an upgrade stands without a plugin that cannot be had, and says what to do', async () => {
  const other = { name: 'other', openclaw_version: '2026.7.1' };
  const { machine_id } = (await agent.finish('deploy_openclaw', other)).data;
  await agent.finish('configure_openclaw', { machine_id, channel: 'discord' });
  const { data } = await agent.finish('upgrade_openclaw', { machine_id });
  expect(data).toMatchObject({ status: 'done', openclaw_version: '2026.9.6' });
  expect(String(data.notes)).toContain('call configure_openclaw with channel "discord"');
  expect((await agent.call('gateway_status', { machine_id })).data).toMatchObject({ working: true });
  await agent.assembled.services.machines.destroy(String(machine_id));
}, 300_000);

it('gateway_status tells of channels, and what they complain of as words of others', async () => {
  const { data, texts } = await agent.call('gateway_status');
  expect(data).toMatchObject({ working: true, channels: [{ id: 'slack', state: 'not_connected' }] });
  expect(texts[0]).toContain('slack running, but not connected');
  const fenced = texts.find((text) => text.includes('last errors of channels'));
  expect(fenced).toContain('slack: A request error occurred: fetch failed');
  expect(JSON.stringify(data)).not.toContain('fetch failed');
});

it('a plugin that cannot be had leaves everything as it was', async () => {
  const { data, texts } = await agent.finish('configure_openclaw', { channel: 'discord' });
  expect(data).toMatchObject({ status: 'failed', error: { code: 'command_failed' } });
  expect(texts[0]).toContain('nothing was changed');
  expect(texts.join('\n')).toContain('404 Not Found - @openclaw/discord@2026.9.6');
  const { settings } = (await agent.finish('configure_openclaw')).data;
  expect(JSON.stringify(settings)).not.toContain('discord');
});

it.each<[ChannelId, number, object]>([
  ['slack', 200, { ok: false, error: 'invalid_auth' }],
  ['discord', 401, { message: '401: Unauthorized', code: 0 }],
])('a token that %s refuses is told in its own words, and is not written', async (id, status, body) => {
  const messenger = await scriptedHttp();
  const { machines, openclaw } = agent.assembled.services;
  const configure = configureService({ machines, npmRegistry: lab.registry.url });
  const [machine] = await machines.list();
  const machineId = machine?.machineId ?? '';
  const channel = CHANNELS.find((each) => each.id === id);
  if (channel === undefined) throw new Error('there is no such channel');
  const secrets = Object.fromEntries(channel.tokens.map(({ secret }) => [secret, `wrong-${secret}`]));
  const present = await configure.show(machineId);
  const plan = planChange({ channel: id }, present, {
    providers: [],
    channels: [{ channel, secrets, baseUrl: undefined }],
  });
  const checks = plan.checks.map((check) => {
    const { pathname } = new URL(check.url);
    for (const method of ['GET', 'POST']) messenger.on(method, pathname, { status, json: body });
    return { ...check, url: `${messenger.url}${pathname}` };
  });
  await configure.startChange(machineId, `lab-${id}`, { ...plan, checks, plugin: undefined });
  const job = await openclaw.readJob(machineId, `lab-${id}`, { waitSeconds: 20, seenStages: 99 });
  expect(job.error).toMatchObject({
    code: 'provider',
    message: expect.stringContaining('refused its token'),
  });
  expect(job.error?.foreign).toContain(Object.values(body).find((value) => typeof value === 'string'));
  const { authorization } = messenger.requests.at(-1)?.headers ?? {};
  expect(authorization).toContain(`wrong-${channel.tokens[0]?.secret}`);
  expect(JSON.stringify((await configure.show(machineId)).config)).not.toContain('discord');
  await messenger.close();
});
