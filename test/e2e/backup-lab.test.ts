/** backup_openclaw through the tools: a conversation moves to a new machine in a file that nothing else may touch or read. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let machine: string;
let file: string;
beforeAll(async () => {
  // A platform that keeps little of what a command prints: pieces have to become smaller until they pass.
  lab = await startLab({ settings: { outputCapBytes: 100_000 } });
  agent = await lab.connect({ OPENCLAW_MCP_CONFIRM: 'off' });
  machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
  await writeFile(await photo(machine), PHOTO);
  await agent.finish('chat', { message: 'Remember the word tangerine.', session: 's1' });
}, 300_000);
afterAll(() => lab.close());

const PHOTO = randomBytes(300_000);

/** A file of the assistant on a machine, as this computer sees it. */
async function photo(id: string): Promise<string> {
  const root = dirname(lab.stateDir);
  const home = (await readdir(root, { recursive: true })).find(
    (path) => path.includes(id.replace(/^dm-/, '')) && path.endsWith('.openclaw/workspace'),
  );
  return join(root, home ?? 'there is none', 'photo.jpg');
}

const backupOf = (data: Record<string, unknown>) => Object(data.backup);
const ask = async () =>
  (await agent.finish('chat', { message: 'What did I tell you first?', session: 's1' })).data.reply;

it('writes a private file with its checksum, also when another server has to go on with it', async () => {
  const other = await lab.connect();
  const begun = await other.call('backup_openclaw', { wait_seconds: 1 });
  other.assembled.close();
  const { data, texts } = await agent.finish('get_operation', { operation_id: begun.data.operation_id });
  expect(data).toMatchObject({ status: 'done', notes: [expect.stringContaining('keep it private')] });
  ({ file } = backupOf(data));
  expect(dirname(file)).toBe(join(lab.stateDir, 'backups'));
  const { mode, size } = await stat(file);
  expect(mode & 0o777).toBe(0o600);
  expect(backupOf(data)).toMatchObject({ bytes: size, openclaw_version: '2026.9.6' });
  expect(await readFile(`${file}.sha256`, 'utf8')).toContain(backupOf(data).sha256);
  expect((await readdir(dirname(file))).filter((name) => name.endsWith('.part'))).toEqual([]);
  expect(JSON.stringify([data, texts])).not.toContain(PROVIDER_KEY);
}, 300_000);

it('overwrites nothing, and leaves its folder only for a full path without links', async () => {
  const link = join(lab.stateDir, 'link');
  await symlink(dirname(file), link);
  for (const wanted of [file, '../x.tar.gz', 'x.txt', `${link}/x.tar.gz`, `${dirname(file)}/../x.tar.gz`]) {
    const refused = await agent.call('backup_openclaw', { file: wanted });
    expect(refused, wanted).toMatchObject({ isError: true });
  }
});

it('restores nothing over conversations, and no file that is damaged or not a backup', async () => {
  const over = await agent.finish('backup_openclaw', { action: 'restore', file });
  expect(over.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  const other = join(dirname(file), 'other.tar.gz');
  await writeFile(other, 'no backup');
  const strange = await agent.finish('backup_openclaw', { action: 'restore', file: other });
  expect(strange.data).toMatchObject({ status: 'failed', error: { code: 'invalid_input' } });
  await writeFile(other, await readFile(file));
  await writeFile(`${other}.sha256`, `${'0'.repeat(64)}  other.tar.gz\n`);
  const damaged = await agent.finish('backup_openclaw', { action: 'restore', file: 'other.tar.gz' });
  expect(damaged.data.error).toMatchObject({ message: expect.stringContaining('damaged') });
  expect(await ask()).toContain('tangerine');
}, 300_000);

it('brings the conversation onto a new machine, which keeps its own token and keys', async () => {
  await agent.finish('destroy_machine', { machine_id: machine });
  const fresh = String((await agent.finish('deploy_openclaw')).data.machine_id);
  expect(fresh).not.toBe(machine);
  const { data } = await agent.finish('backup_openclaw', { action: 'restore', file });
  expect(data).toMatchObject({ status: 'done', machine_id: fresh, backup: { file } });
  expect(PHOTO.equals(await readFile(await photo(fresh)))).toBe(true);
  expect(await ask()).toContain('tangerine');
  expect((await agent.call('gateway_status')).data).toMatchObject({ working: true });
}, 300_000);

it("saves OpenClaw's own archive too, and takes it back as one that moves in", async () => {
  const { data } = await agent.finish('backup_openclaw', { action: 'export' });
  expect(data).toMatchObject({ status: 'done', backup: { openclaw_version: '2026.9.6' } });
  const exported = backupOf(data);
  expect((await stat(exported.file)).size).toBe(exported.bytes);
  expect(await readFile(`${exported.file}.sha256`, 'utf8')).toContain(exported.sha256);
  expect(await readdir(join(lab.stateDir, 'moving'))).toEqual([]);
  const wish = { action: 'restore', file: exported.file, replace: true };
  const asked = await agent.finish('backup_openclaw', wish);
  expect(asked.data).toMatchObject({ status: 'failed', error: { code: 'conflict' } });
  const confirmation = /confirmation "([^"]+)"/.exec(asked.texts.join('\n'))?.[1];
  const back = await agent.finish('backup_openclaw', { ...wish, confirmation });
  expect(back.data).toMatchObject({ status: 'done', moved_in: { channels_off: [] } });
  expect(await ask()).toContain('tangerine');
}, 300_000);
