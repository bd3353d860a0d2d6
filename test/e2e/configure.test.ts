import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RawClient } from '../support/raw-client.ts';
import { type RealLab, startRealLab } from '../support/real-lab.ts';
import { type StandInTelegram, startStandInTelegram } from '../support/stand-in-telegram.ts';

const GOOD_KEY = 'sk-ant-e2e-good-0123456789abcdef';
const BAD_KEY = 'sk-ant-e2e-wrong-0123456789abcdef';
const BOT_TOKEN = '4242424242:e2e_AAbbCCddEEffGGhhIIjjKKllMMnnOOpp';

let lab: RealLab;
let telegram: StandInTelegram;
let agent: RawClient;
let machine: unknown;
beforeAll(async () => {
  telegram = await startStandInTelegram(BOT_TOKEN);
  lab = await startRealLab({
    fault: ({ apiKey, model: name }) => {
      if (apiKey !== GOOD_KEY)
        return { kind: 'status', status: 401, type: 'authentication_error', message: 'invalid x-api-key' };
      if (name.includes('claude-2'))
        return { kind: 'status', status: 404, type: 'not_found_error', message: `model: ${name}` };
      return undefined;
    },
  });
  agent = await newAgent({});
});
afterAll(async () => {
  await lab?.close();
  await telegram?.close();
});

const newAgent = (env: Record<string, string>) => lab.server({ ANTHROPIC_API_KEY: GOOD_KEY, ...env });

/** As it lies on the only machine's disk. */
async function gatewayToken(): Promise<unknown> {
  const file = join(lab.home(machine), '.openclaw', 'secrets.json');
  return JSON.parse(await readFile(file, 'utf8')).gateway;
}

/** What the gateway answers to a page of its own that asks for a WebSocket. */
async function upgraded(url: string): Promise<number | undefined> {
  const headers = {
    Origin: url,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
  };
  const asked = request(url, { headers }).end();
  const [response] = await Promise.race([once(asked, 'upgrade'), once(asked, 'response')]);
  asked.destroy();
  return response.statusCode;
}

const lastModel = () => lab.model.requests.at(-1)?.model;

describe('the real OpenClaw, configured through the tool alone', () => {
  it('answers with another model, without a restart', async () => {
    machine = (await lab.deploy(agent, { name: 'configured', autosleep: '2h' })).machine_id;
    const done = await agent.finish('configure_openclaw', {
      model: 'anthropic/claude-opus-4-6',
      fallback_models: ['anthropic/claude-haiku-4-5'],
    });
    expect(done).toMatchObject({ status: 'done', applied: 'hot', model: 'anthropic/claude-opus-4-6' });
    await agent.finish('chat', { message: 'hello', session: 'a' });
    expect(lastModel()).toBe('claude-opus-4-6');
  });

  it("tells of a wrong key in the provider's own words, and goes on with the old one", async () => {
    const other = await newAgent({ ANTHROPIC_API_KEY: BAD_KEY });
    const failed = await other.call('configure_openclaw', { provider_keys: ['ANTHROPIC_API_KEY'] });
    const settled = await follow(other, failed);
    expect(settled.structuredContent).toMatchObject({ status: 'failed', error: { code: 'provider' } });
    const text = settled.content.map((block) => block.text).join('\n');
    expect(text).toContain('invalid x-api-key');
    expect(text).not.toContain(BAD_KEY);
    await other.close();
    expect(await agent.finish('chat', { message: 'still there?', session: 'a' })).toMatchObject({
      status: 'done',
    });
  });

  it('refuses a model that the provider does not have, before anything is written', async () => {
    const failed = await follow(
      agent,
      await agent.call('configure_openclaw', { model: 'anthropic/claude-2' }),
    );
    expect(failed.structuredContent).toMatchObject({ status: 'failed', error: { code: 'provider' } });
    const shown = await agent.finish('configure_openclaw');
    expect(shown).toMatchObject({ model: 'anthropic/claude-opus-4-6' });
  });

  it('gives the gateway a new token that nobody was shown, and goes on with the conversation', async () => {
    const before = await gatewayToken();
    const done = await agent.finish('configure_openclaw', { rotate_token: true });
    expect(done).toMatchObject({ status: 'done', notes: [expect.stringContaining('refuses the old one')] });
    const now = await gatewayToken();
    expect(now).toMatch(/^[0-9a-f]{64}$/);
    expect(now).not.toBe(before);
    expect(agent.lines.join('\n')).not.toMatch(new RegExp(`${before}|${now}`));
    expect(await agent.finish('chat', { message: 'Still there?', session: 'a' })).toMatchObject({
      status: 'done',
    });
    expect((await agent.call('gateway_status')).structuredContent).toMatchObject({ working: true });
  });

  it('opens the Control UI at an address of this computer: its page, its program, its connection', async () => {
    const done = await agent.finish('configure_openclaw', { control_ui: 'ssh' });
    const { url, steps } = Object(done.control_ui);
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toContain('text/html');
    const html = await page.text();
    expect(html).toContain('<title>OpenClaw');
    const program = /<script[^>]+src="([^"]+)"/.exec(html)?.[1] ?? '';
    const script = await fetch(new URL(program, `${url}/`));
    expect(script.headers.get('content-type')).toContain('javascript');
    expect(await upgraded(url)).toBe(101);
    const file = / in (\S+secrets\.json)/.exec(steps.join(' '))?.[1] ?? '';
    expect(JSON.parse(await readFile(file, 'utf8')).gateway).toBe(await gatewayToken());
  });

  it('connects Telegram, lets the person in that was approved, and answers there', async () => {
    const connected = await newAgent({ TELEGRAM_BOT_TOKEN: BOT_TOKEN, TELEGRAM_API_BASE_URL: telegram.url });
    const done = await connected.finish('configure_openclaw', { channel: 'telegram' });
    expect(done).toMatchObject({ status: 'done', channels: [{ id: 'telegram' }] });
    expect(String(done.notes)).toContain('autosleep "never"');

    telegram.say('Hello from my phone');
    const { text } = await telegram.heard(({ text: heard }) => /pairing code/i.test(heard));
    const code = /\b[A-Z0-9]{8}\b/.exec(text)?.[0];
    const shown = await connected.finish('configure_openclaw');
    expect(shown.pending).toEqual([expect.objectContaining({ id: `telegram:${code}` })]);

    const answered = await connected.finish('configure_openclaw', { approve: [`telegram:${code}`] });
    expect(answered).toMatchObject({ answers: [{ accepted: true }] });
    telegram.say('The word is heliotrope');
    const reply = await telegram.heard(({ text: heard }) => heard.includes('heliotrope'));
    expect(reply.text).toContain('stand-in model');
    await connected.close();
  });
});

async function follow(client: RawClient, result: Awaited<ReturnType<RawClient['call']>>) {
  let seen = result;
  while (seen.structuredContent?.status === 'running') {
    seen = await client.call('get_operation', { operation_id: seen.structuredContent.operation_id });
  }
  return seen;
}
