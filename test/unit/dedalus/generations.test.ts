/** One API, three generations: whatever shape an answer has, the same machine comes out of it. */
import { expect, it } from 'vitest';
import { problem, wireMachine } from '../../support/dedalus-wire.ts';
import { clientOnWire, failureOf } from './fixture.ts';

const UUID = '0b9d2c6e-33a0-4d1a-9a41-3a5c1c1f2b11';

it('reads the phase inside status, with reason and revision (generations 1 and 2)', async () => {
  const { server, api } = await clientOnWire();
  const status = {
    phase: 'failed',
    reason: 'NoReadyHosts',
    last_error: 'none',
    revision: 42,
    retryable: true,
  };
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('failed', { status, autosleep_seconds: 0 }) });
  expect(await api.getMachine('dm-1')).toEqual({
    machineId: 'dm-1',
    phase: 'failed',
    desiredState: 'running',
    vcpu: 2,
    memoryMib: 4096,
    storageGib: 10,
    autosleepSeconds: 0,
    createdAt: undefined,
    reason: 'NoReadyHosts',
    lastError: 'none',
    retryable: true,
    revision: '42',
    lastTransitionAt: undefined,
    runtime: undefined,
  });
});

it('reads the phase at the top, and an id that is a bare UUID (generation 3)', async () => {
  const { server, api } = await clientOnWire();
  server.on('POST', `/v1/machines/${UUID}/wake`, {
    status: 202,
    json: { machine_id: UUID, phase: 'starting', desired_state: 'running', autosleep_seconds: 300 },
  });
  const machine = await api.wakeMachine(UUID, { idempotencyKey: 'k' });
  expect(machine).toMatchObject({
    machineId: UUID,
    phase: 'starting',
    revision: undefined,
    autosleepSeconds: 300,
  });
});

it('keeps unknown phases and statuses, drops unknown fields and fields of a wrong type', async () => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', {
    json: {
      machine_id: 'dm-1',
      phase: 'hibernating',
      status: 'odd',
      vcpu: '2',
      memory_mib: null,
      brand_new: 1,
    },
  });
  const machine = await api.getMachine('dm-1');
  expect(machine).toMatchObject({ phase: 'hibernating', vcpu: undefined, memoryMib: undefined });
  expect(machine).not.toHaveProperty('brand_new');
  server.on('GET', '/v1/machines/dm-1/executions/e1', {
    json: { execution_id: 'e1', status: 'pondering', exit_code: null, error_code: null },
  });
  expect(await api.getExecution('dm-1', 'e1')).toMatchObject({ status: 'pondering', exitCode: undefined });
});

it('lists nothing where items is null', async () => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines', { json: { items: null } });
  expect(await api.listMachines()).toEqual([]);
});

it('lists all pages, without what is no machine, and stops at a cursor that comes back', async () => {
  const { server, api } = await clientOnWire();
  server.on(
    'GET',
    '/v1/machines',
    { json: { items: [wireMachine('running'), { odd: true }], next_cursor: 'a/b&c' } },
    { json: { items: [wireMachine('sleeping', { machine_id: 'dm-2' })], next_cursor: 'a/b&c' } },
  );
  expect((await api.listMachines()).map((m) => m.machineId)).toEqual(['dm-1', 'dm-2']);
  expect(server.asked()).toEqual(['GET /v1/machines', 'GET /v1/machines?cursor=a%2Fb%26c']);
});

it('gives up on a list without end', async () => {
  const { server, api } = await clientOnWire();
  let page = 0;
  server.on('GET', '/v1/machines', (response) => {
    page += 1;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ items: [], next_cursor: `c${page}` }));
  });
  expect(await failureOf(api.listMachines())).toMatchObject({ code: 'unavailable' });
  expect(page).toBe(100);
});

it('reads output that is cut, missing or empty', async () => {
  const { server, api } = await clientOnWire();
  const path = '/v1/machines/dm-1/executions/e1/output';
  server.on('GET', path, { json: { execution_id: 'e1', stdout: 'a', stdout_truncated: true } });
  expect(await api.getExecutionOutput('dm-1', 'e1')).toMatchObject({
    stdout: 'a',
    stderr: '',
    stdoutTruncated: true,
  });
  server.on('GET', path, { json: { execution_id: 'e1' } });
  expect(await api.getExecutionOutput('dm-1', 'e1')).toMatchObject({ stdout: '', stdoutTruncated: false });
});

it.each([
  [
    'problem+json',
    problem(422, 'validation failed', [{ location: 'body.autosleep', message: 'unexpected property' }]),
  ],
  ['a plain sentence', problem(400, 'json: unknown field "autosleep"')],
])('creates without autosleep where an old server refuses the field (%s)', async (_name, refusal) => {
  const { server, api } = await clientOnWire();
  server.on('POST', '/v1/machines', refusal, { json: wireMachine('accepted') });
  const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10, autosleep: '30m' };
  expect((await api.createMachine(spec, { idempotencyKey: 'k' })).autosleepRefused).toBe(true);
  expect(server.requests.map((r) => r.headers['idempotency-key'])).toEqual(['k', 'k-no-autosleep']);
  expect(server.requests[1]?.body).toBe('{"vcpu":1,"memory_mib":2048,"storage_gib":10}');
});

it('does not create without autosleep when only its value was wrong', async () => {
  const { server, api } = await clientOnWire();
  const wrong = problem(422, 'validation failed', [
    { location: 'body.autosleep', message: 'expected duration' },
  ]);
  server.on('POST', '/v1/machines', wrong);
  const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10, autosleep: 'soon' };
  const error = await failureOf(api.createMachine(spec, { idempotencyKey: 'k' }));
  expect(error).toMatchObject({ code: 'invalid_input', message: expect.stringContaining('body.autosleep') });
  expect(server.requests).toHaveLength(1);
});

it('says that sleep is not available where the path is missing, and not_found where the machine is', async () => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('running') });
  expect(await failureOf(api.sleepMachine('dm-1', { idempotencyKey: 'k' }))).toMatchObject({
    code: 'unsupported',
  });
  expect(await failureOf(api.sleepMachine('dm-2', { idempotencyKey: 'k' }))).toMatchObject({
    code: 'not_found',
  });
  expect(await failureOf(api.wakeMachine('dm-2', { idempotencyKey: 'k' }))).toMatchObject({
    code: 'not_found',
  });
});

it.each([
  ['vcpu', 1e308],
  ['memory_mib', -1],
  ['storage_gib', 1e18],
])('%s of %d, which no machine has, counts as missing', async (field, absurd) => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('running', { [field]: absurd }) });
  const { vcpu, memoryMib, storageGib } = await api.getMachine('dm-1');
  const sizes = { vcpu, memory_mib: memoryMib, storage_gib: storageGib };
  expect(sizes).toEqual({ vcpu: 2, memory_mib: 4096, storage_gib: 10, [field]: undefined });
});
