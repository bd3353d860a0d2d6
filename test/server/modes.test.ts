/** What each way of limiting the server leaves: exactly these tools, and nothing behind them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab.close());

const READING = [
  'get_operation',
  'list_machines',
  'gateway_status',
  'list_sessions',
  'read_session',
  'read_logs',
  'files',
  'run_openclaw',
  'history',
];
const ALL = [
  'deploy_openclaw',
  'get_operation',
  'cancel_operation',
  'list_machines',
  'wake_machine',
  'sleep_machine',
  'gateway_status',
  'chat',
  'list_sessions',
  'read_session',
  'read_logs',
  'files',
  'repair_openclaw',
  'configure_openclaw',
  'upgrade_openclaw',
  'backup_openclaw',
  'run_openclaw',
  'history',
  'destroy_machine',
];

async function listed(client: LabClient): Promise<string[]> {
  return (await client.client.listTools()).tools.map((tool) => tool.name);
}

describe.each<[string, Connection, string[]]>([
  ['no limit', {}, ALL],
  ['--read-only', { readOnly: true }, READING],
  ['--tools chat,read_logs', { only: ['chat', 'read_logs'] }, ['chat', 'read_logs']],
  ['--read-only --tools chat,read_logs', { readOnly: true, only: ['chat', 'read_logs'] }, ['read_logs']],
])('with %s', (_, limits, names) => {
  it('lists exactly these tools, and calls no other', async () => {
    const client = await lab.connect({}, limits);
    expect(await listed(client)).toEqual(names);
    for (const other of ALL.filter((name) => !names.includes(name))) {
      await expect(client.call(other, {})).rejects.toMatchObject({ code: -32602 });
    }
  });
});

it('a tool that there is not is refused at the start: a limit is never guessed', async () => {
  await expect(lab.connect({}, { only: ['chat', 'raed_logs'] })).rejects.toThrow(
    '--tools names tools that there are not: raed_logs',
  );
});

it('destroying always meets a person where the client knows how to ask, unless its owner said otherwise', async () => {
  const metaOf = async (env: Record<string, string>) => {
    const { tools } = await (await lab.connect(env)).client.listTools();
    // Which page is shown with a result stands there too, and is not asked for here.
    const told = tools.flatMap(({ name, _meta: { ui: _, 'ui/resourceUri': __, ...meta } = {} }) =>
      Object.keys(meta).length > 0 ? [[name, meta]] : [],
    );
    return Object.fromEntries(told);
  };
  const always = { 'anthropic/alwaysLoad': true };
  const known = { deploy_openclaw: always, chat: always, get_operation: always };
  expect(await metaOf({})).toEqual({
    ...known,
    destroy_machine: { 'anthropic/requiresUserInteraction': true },
  });
  expect(await metaOf({ OPENCLAW_MCP_CONFIRM: 'off' })).toEqual(known);
});

describe('a reading server', () => {
  it('says what it is, and is all hints of reading', async () => {
    const { client } = await lab.connect({}, { readOnly: true });
    expect(client.getInstructions()).toContain('This server only reads');
    for (const { annotations } of (await client.listTools()).tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, destructiveHint: false });
    }
  });

  it("watches another server's work without carrying it on", async () => {
    const worker = await lab.connect();
    const { operations } = worker.assembled.services;
    const record = await operations.start({
      kind: 'deploy',
      key: 'left-behind',
      input: { name: 'left-behind', spec: { vcpu: 1, memoryMib: 1024, storageGib: 2 } },
    });
    const reader = await lab.connect({}, { readOnly: true });
    const { data } = await reader.call('get_operation', { operation_id: record.id, wait_seconds: 0 });
    expect(data).toMatchObject({ status: 'running', operation_id: record.id });
    expect((await reader.call('get_operation')).data).toMatchObject({
      operations: [{ operation_id: record.id, status: 'running', stage: 'starting' }],
    });
    expect((await reader.call('list_machines')).data).toMatchObject({ machines: [] });
    await operations.cancel(record.id);
    expect((await reader.call('get_operation', { operation_id: record.id })).data).toMatchObject({
      status: 'cancelled',
    });
    await expect(
      reader.assembled.services.operations.start({ kind: 'wake', key: 'x', input: {} }),
    ).rejects.toThrow('only reads');
  });
});

describe('a server that is pinned to one machine', () => {
  it('has no machine_id anywhere, reaches no other machine, and no work of another', async () => {
    const free = await lab.connect();
    const { machines, operations } = free.assembled.services;
    const spec = { vcpu: 1, memoryMib: 1024, storageGib: 2 };
    const mine = (await machines.create(spec, 'pinned-1')).machineId;
    const other = (await machines.create(spec, 'pinned-2')).machineId;
    await machines.waitUntilRunning(other);
    const foreign = await operations.start({
      kind: 'sleep',
      key: other,
      input: { machineId: other },
      machineId: other,
    });

    const pinned = await lab.connect({ OPENCLAW_MCP_MACHINE_ID: mine });
    const { tools } = await pinned.client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(ALL);
    for (const { inputSchema } of tools)
      expect(inputSchema.properties ?? {}).not.toHaveProperty('machine_id');
    expect((await pinned.call('list_machines')).data).toMatchObject({ machines: [{ machine_id: mine }] });
    expect((await pinned.call('gateway_status')).data).toMatchObject({ machine_id: mine });
    // Results name the machine, so repeating its id is no mistake.
    expect((await pinned.call('gateway_status', { machine_id: mine })).isError).toBe(false);
    for (const tool of ['gateway_status', 'chat', 'destroy_machine', 'deploy_openclaw']) {
      const refused = await pinned.call(tool, { machine_id: other });
      expect(refused.texts[0]).toContain('bound to one machine_id');
    }
    for (const tool of ['get_operation', 'cancel_operation']) {
      expect((await pinned.call(tool, { operation_id: foreign.id })).isError).toBe(true);
    }
    await expect(pinned.assembled.services.machines.get(other)).rejects.toThrow('pinned');
    await expect(pinned.assembled.services.machines.create(spec, 'pinned-3')).rejects.toThrow('pinned');
    await operations.cancel(foreign.id).catch(() => {});
    for (const id of [mine, other]) await machines.destroy(id);
  });
});

/** The head of a backup as far as it says whose it is: a tar archive of the manifest alone. */
async function backupOf(machineId: string): Promise<string> {
  const manifest = JSON.stringify({
    format: 1,
    created_at: '2026-11-01T00:00:00.000Z',
    machine_id: machineId,
    name: 'the-name-of-another',
    openclaw_version: '2026.9.6',
    home: '/home/machine',
  });
  const head = Buffer.alloc(512);
  head.write('openclaw-backup.json');
  head.write(manifest.length.toString(8).padStart(11, '0'), 124);
  const dir = join(lab.stateDir, 'backups');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeFile(join(dir, `${machineId}.tar.gz`), gzipSync(Buffer.concat([head, Buffer.from(manifest)])));
  return `${machineId}.tar.gz`;
}

describe('the files of this computer, for a server that is pinned to one machine', () => {
  it("are its own machine's backups alone, and nothing of another one is said or begun", async () => {
    const { machines } = (await lab.connect()).assembled.services;
    const mine = (await machines.create({ vcpu: 1, memoryMib: 1024, storageGib: 2 }, 'pinned-4')).machineId;
    const pinned = await lab.connect({ OPENCLAW_MCP_MACHINE_ID: mine });
    const [foreign, own] = [await backupOf('dm-of-somebody-else'), await backupOf(mine)];
    for (const file of [foreign, join(lab.stateDir, 'backups', foreign)]) {
      const refused = await pinned.call('backup_openclaw', { action: 'restore', file, replace: true });
      expect(refused).toMatchObject({ isError: true });
      expect(refused.texts.join()).toContain('the backup is of another machine');
      expect(refused.texts.join()).not.toContain('the-name-of-another');
    }
    expect((await pinned.call('get_operation')).data).toMatchObject({ operations: [] });
    const begun = await pinned.call('backup_openclaw', { action: 'restore', file: own, wait_seconds: 0 });
    expect(begun).toMatchObject({ isError: false, data: { kind: 'restore' } });
    await expect(
      pinned.assembled.services.operations.start({
        kind: 'sleep',
        key: 'x',
        input: { machineId: 'dm-of-somebody-else' },
      }),
    ).rejects.toThrow('pinned');
    await machines.destroy(mine);
  });
});

describe('a version with published holes', () => {
  it('is deployed only when somebody said so; nothing is created before', async () => {
    const client = await lab.connect();
    const { texts, isError } = await client.call('deploy_openclaw', {
      name: 'holed',
      openclaw_version: '2026.3.24',
    });
    expect(isError).toBe(true);
    expect(texts[0]).toContain('allow_unsafe_version true');
    expect(JSON.stringify((await client.call('get_operation')).data)).not.toContain('holed');
  });
});

describe('settings that name where secrets go', () => {
  const set = { 'channels.matrix.homeserver': 'https://elsewhere.example' };
  const machine = { machine_id: 'dm-not-there', wait_seconds: 0 };

  it('are not an agent’s to change, and nothing is begun', async () => {
    const client = await lab.connect();
    const { texts, isError } = await client.call('configure_openclaw', { ...machine, set });
    expect(isError).toBe(true);
    expect(texts[0]).toContain('channels.matrix.homeserver would decide where secrets or conversations go');
    expect(texts[0]).toContain('OPENCLAW_MCP_ALLOW_SETTINGS');
    expect(JSON.stringify((await client.call('get_operation')).data)).not.toContain('dm-not-there');
  });

  it.each([
    ['is asked and refuses', 'decline' as const, ', who refused'],
    ['does not answer', 'cancel' as const, ', who did not agree'],
  ])('nor where the person %s', async (_, action, why) => {
    const client = await lab.connect({}, { person: async () => ({ action }) });
    const { texts } = await client.call('configure_openclaw', { ...machine, set });
    expect(texts[0]).toContain(why);
  });

  it('are taken where the person agrees at their client, or has named them in the environment', async () => {
    const agreed = await lab.connect(
      {},
      { person: async () => ({ action: 'accept', content: { consent: true } }) },
    );
    const named = await lab.connect({ OPENCLAW_MCP_ALLOW_SETTINGS: 'channels.matrix.homeserver, x.y' });
    for (const client of [agreed, named]) {
      const { data } = await client.call('configure_openclaw', { ...machine, set });
      expect(data).toMatchObject({ kind: 'configure' });
      await client.finish('get_operation', { operation_id: data.operation_id });
    }
  });
});
