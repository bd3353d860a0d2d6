/**
 * The real OpenClaw: a new version keeps the sessions, one that refuses the settings is rolled back, a backup moves house, the
 * assistant of a laptop moves in and a plain OpenClaw takes over what moves out.
 */
import { execFileSync } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { furnishLaptop, type PlainOpenClaw, plainOpenClaw } from '../support/plain-openclaw.ts';
import type { Message, RawClient } from '../support/raw-client.ts';
import { mark, type RealLab, saysMarks, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
let agent: RawClient;
let machine: unknown;
const words = [mark(), mark(), mark(), mark()];
const laptopWords = [mark(), mark(), mark()];
const LAPTOP_TOKEN = 'a-token-of-the-laptop-0123456789';
let plain: PlainOpenClaw | undefined;
let laptop: string;
beforeAll(async () => {
  lab = await startRealLab({ reply: saysMarks });
  agent = await lab.server({ OPENCLAW_MCP_CONFIRM: 'off' });
});
afterAll(async () => {
  await plain?.stop();
  await lab.close();
});

async function reply(message: string): Promise<unknown> {
  return (await agent.finish('chat', { machine_id: machine, message, session: 'words' })).reply;
}

/** Also where it failed: what became of the machine is in the same place. */
async function upgrade(args: Message): Promise<Message | undefined> {
  let { structuredContent } = await agent.call('upgrade_openclaw', { machine_id: machine, ...args });
  while (structuredContent?.status === 'running') {
    const { operation_id } = structuredContent;
    ({ structuredContent } = await agent.call('get_operation', { operation_id }));
  }
  return structuredContent;
}

/** As if 2026.9.6 had been installed, and lost most of its files since. */
async function leaveDamagedTree(): Promise<void> {
  const app = join(lab.home(machine), '.openclaw-mcp/app-2026.9.6');
  const tree = join(app, 'node_modules/openclaw');
  await mkdir(tree, { recursive: true });
  await writeFile(join(tree, 'package.json'), '{"version":"2026.9.6"}');
  await writeFile(join(tree, 'openclaw.mjs'), "import './dist/entry.js';");
  // The machine's own files: it has another user than whoever runs this test.
  const { uid, gid } = await stat(lab.home(machine));
  for (const path of [app, ...(await readdir(app, { recursive: true })).map((each) => join(app, each))])
    await chown(path, uid, gid);
}

/** Automations that are switched on and take a turn of the model; where it cannot be told, that is a failure. */
async function spending(): Promise<unknown> {
  const { structuredContent } = await agent.call('gateway_status', { machine_id: machine });
  const { working, automations } = Object(structuredContent);
  expect({ working, automations }).toEqual({ working: true, automations: expect.any(Array) });
  return automations.filter((each: { spends: boolean }) => each.spends);
}

/** Nothing that is switched on takes a turn of the model, nor does it when it is run at once. */
async function nothingSpends(): Promise<void> {
  expect(await spending()).toEqual([]);
  const openclaw = async (...args: string[]) =>
    Object((await agent.finish('run_openclaw', { machine_id: machine, args: [...args, '--json'] })).json);
  const { jobs } = await openclaw('cron', 'list', '--all');
  expect(jobs).toEqual(expect.any(Array));
  const asked = lab.model.requests.length;
  for (const { id } of jobs.filter((job: { enabled: boolean }) => job.enabled)) {
    const runs = async () => (await openclaw('cron', 'runs', '--id', id)).entries.length;
    const before = await runs();
    await openclaw('cron', 'run', id);
    await expect.poll(runs, { timeout: 120_000, interval: 1_000 }).toBeGreaterThan(before);
  }
  expect(lab.model.requests).toHaveLength(asked);
}

it('rolls back by itself when the new version does not start, and the conversation goes on', async () => {
  const ready = await lab.deploy(agent, { name: 'mine', openclaw_version: '2026.7.1' });
  machine = ready.machine_id;
  expect(await reply(`Please repeat ${words[0]}`)).toBe(`You said: ${words[0]}`);
  // 2026.9 mends every setting that it does not know by itself, but not its own files.
  await leaveDamagedTree();
  expect(await upgrade({ openclaw_version: '2026.9.6' })).toMatchObject({
    status: 'failed',
    upgrade: { from: '2026.7.1', to: '2026.9.6', rolled_back: true },
    error: { message: expect.stringContaining('2026.7.1 answers again') },
  });
  const status = await agent.call('gateway_status', { machine_id: machine });
  expect(status.structuredContent).toMatchObject({ working: true, openclaw_version: '2026.7.1' });
  expect(await reply(`And ${words[1]}`)).toBe(`You said: ${words[0]} ${words[1]}`);
});

it('a plain 2026.7.1 of a laptop holds a conversation, an automation and Telegram, and is packed with tar', async () => {
  const laptopHome = join(lab.dir, 'laptop');
  await furnishLaptop(laptopHome, { model: lab.model.url, token: LAPTOP_TOKEN });
  plain = await plainOpenClaw(lab.home(machine), 'app-2026.7.1', { home: laptopHome, token: LAPTOP_TOKEN });
  await plain.start();
  expect(await plain.chat(`Please repeat ${laptopWords[0]}`)).toContain(laptopWords[0]);
  const job = ['--cron', '0 7 * * *', '--tz', 'UTC', '--message', 'Good morning', '--json'];
  await plain.run('cron', 'add', '--name', 'morning', ...job);
  await plain.stop();
  laptop = join(lab.dir, 'state/backups/laptop.tar.gz');
  await mkdir(join(laptop, '..'), { recursive: true, mode: 0o700 });
  execFileSync('tar', ['-czf', laptop, '-C', laptopHome, '.openclaw']);
});

it('upgrades 2026.7.1 to 2026.9.6, which knows the conversation', async () => {
  expect(await upgrade({ openclaw_version: '2026.9.6' })).toMatchObject({
    status: 'done',
    upgrade: { from: '2026.7.1', to: '2026.9.6', state_migrated: true, rolled_back: false },
  });
  expect(await reply(`And ${words[2]}`)).toBe(`You said: ${words.slice(0, 3).join(' ')}`);
  await nothingSpends();
});

it('moves to a new machine in a file: backed up, destroyed, deployed, restored, and it still knows', async () => {
  const saved = await agent.finish('backup_openclaw', { machine_id: machine });
  expect(saved).toMatchObject({ status: 'done' });
  const { file } = Object(saved.backup);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await agent.finish('destroy_machine', { machine_id: machine });
  const fresh = await lab.deploy(agent, { name: 'mine' });
  expect(fresh.machine_id).not.toBe(machine);
  machine = fresh.machine_id;
  expect(await agent.finish('backup_openclaw', { action: 'restore', file })).toMatchObject({
    status: 'done',
  });
  expect(await reply(`And ${words[3]}`)).toBe(`You said: ${words.join(' ')}`);
  await nothingSpends();
});

it('the assistant of the laptop moves in, knows the conversation, and answers nobody by itself', async () => {
  const restore = { action: 'restore', file: laptop, replace: true };
  const first = await agent.finish('backup_openclaw', restore).then((told) => JSON.stringify(told), String);
  const shown = first.replaceAll('\\"', '"');
  expect(shown).toContain('set "channels.telegram.enabled" true switches it on');
  const confirmation = /confirmation "([^"]+)"/.exec(shown)?.[1];
  const moved = await agent.finish('backup_openclaw', { ...restore, confirmation });
  expect(moved).toMatchObject({
    status: 'done',
    moved_in: {
      channels_off: ['telegram'],
      automations_off: expect.arrayContaining([expect.objectContaining({ name: 'morning' })]),
    },
  });
  // What tar packs names its release nowhere.
  expect(Object(moved.backup)).not.toHaveProperty('openclaw_version');
  expect(await reply(`And ${laptopWords[1]}`)).toBe(`You said: ${laptopWords.slice(0, 2).join(' ')}`);
  const state = join(lab.home(machine), '.openclaw');
  expect(await readFile(join(state, 'workspace/SOUL.md'), 'utf8')).toContain('I come from a laptop');
  expect(await readFile(join(state, 'skills/greet/SKILL.md'), 'utf8')).toContain('Greets people');
  const { channels } = JSON.parse(await readFile(join(state, 'openclaw.json'), 'utf8'));
  expect(channels.telegram).toMatchObject({ enabled: false, botToken: '4242424242:laptop' });
  await nothingSpends();
});

it('an export is verified by plain OpenClaw, which starts from it elsewhere and knows the conversation', async () => {
  const saved = await agent.finish('backup_openclaw', { machine_id: machine, action: 'export' });
  expect(saved).toMatchObject({ status: 'done' });
  const { file } = Object(saved.backup);
  const elsewhere = join(lab.dir, 'elsewhere');
  await mkdir(elsewhere);
  const release = `app-${String(Object(saved.backup).openclaw_version)}`;
  const unpacking = await plainOpenClaw(lab.home(machine), release, { home: elsewhere, token: 'none' });
  await unpacking.run('backup', 'verify', file);
  await unpacking.run('backup', 'restore', file, '--target', join(elsewhere, 'unpacked'));
  const state = (await readdir(join(elsewhere, 'unpacked'), { recursive: true })).find((path) =>
    path.endsWith('/.openclaw'),
  );
  await rename(join(elsewhere, 'unpacked', state ?? 'there is none'), join(elsewhere, '.openclaw'));
  execFileSync('chmod', ['-R', 'go-rwx', join(elsewhere, '.openclaw')]);
  const { gateway } = JSON.parse(await readFile(join(elsewhere, '.openclaw/secrets.json'), 'utf8'));
  // As the note beside the export says.
  const found = `UPDATE cron_jobs SET store_key='${elsewhere}/.openclaw/cron/jobs.json'`;
  expect(String(saved.notes)).toContain(found.replace(elsewhere, '$HOME'));
  const open = "new (require('node:sqlite').DatabaseSync)(process.argv[1]).exec(process.argv[2])";
  const database = join(elsewhere, '.openclaw/state/openclaw.sqlite');
  execFileSync(join(lab.home(machine), '.openclaw-mcp/node/bin/node'), ['-e', open, database, found]);
  plain = await plainOpenClaw(lab.home(machine), release, { home: elsewhere, token: gateway });
  await plain.start();
  expect(await plain.run('cron', 'list', '--all', '--json')).toContain('morning');
  expect(await plain.chat(`And ${laptopWords[2]}`)).toBe(`You said: ${laptopWords.join(' ')}`);
});
