/** The real OpenClaw: a new version keeps the sessions, one that refuses the settings is rolled back, a backup moves house. */
import { chown, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Message, RawClient } from '../support/raw-client.ts';
import { mark, type RealLab, saysMarks, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
let agent: RawClient;
let machine: unknown;
const words = [mark(), mark(), mark(), mark()];
beforeAll(async () => {
  lab = await startRealLab({ reply: saysMarks });
  agent = await lab.server({ OPENCLAW_MCP_CONFIRM: 'off' });
});
afterAll(() => lab.close());

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

/** The machine's persistent home, as a folder of this computer. */
async function home(): Promise<string> {
  const all = await readdir(join(lab.dir, 'local'), { recursive: true });
  const mine = all.find((path) => path.endsWith(join(String(machine).replace(/^dm-/, ''), 'home')));
  return join(lab.dir, 'local', mine ?? 'there is none');
}

/** As if 2026.9.6 had been installed, and lost most of its files since. */
async function leaveDamagedTree(): Promise<void> {
  const app = join(await home(), '.openclaw-mcp/app-2026.9.6');
  const tree = join(app, 'node_modules/openclaw');
  await mkdir(tree, { recursive: true });
  await writeFile(join(tree, 'package.json'), '{"version":"2026.9.6"}');
  await writeFile(join(tree, 'openclaw.mjs'), "import './dist/entry.js';");
  // The machine's own files: it has another user than whoever runs this test.
  const { uid, gid } = await stat(await home());
  for (const path of [app, ...(await readdir(app, { recursive: true })).map((each) => join(app, each))])
    await chown(path, uid, gid);
}

it('rolls back by itself when the new version does not start, and the conversation goes on', async () => {
  const ready = await agent.finish('deploy_openclaw', { name: 'mine', openclaw_version: '2026.7.1' });
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

it('upgrades 2026.7.1 to 2026.9.6, which knows the conversation', async () => {
  expect(await upgrade({ openclaw_version: '2026.9.6' })).toMatchObject({
    status: 'done',
    upgrade: { from: '2026.7.1', to: '2026.9.6', state_migrated: true, rolled_back: false },
  });
  expect(await reply(`And ${words[2]}`)).toBe(`You said: ${words.slice(0, 3).join(' ')}`);
});

it('moves to a new machine in a file: backed up, destroyed, deployed, restored, and it still knows', async () => {
  const saved = await agent.finish('backup_openclaw', { machine_id: machine });
  expect(saved).toMatchObject({ status: 'done' });
  const { file } = Object(saved.backup);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await agent.finish('destroy_machine', { machine_id: machine });
  const fresh = await agent.finish('deploy_openclaw', { name: 'mine' });
  expect(fresh.machine_id).not.toBe(machine);
  machine = fresh.machine_id;
  expect(await agent.finish('backup_openclaw', { action: 'restore', file })).toMatchObject({
    status: 'done',
  });
  expect(await reply(`And ${words[3]}`)).toBe(`You said: ${words.join(' ')}`);
});
