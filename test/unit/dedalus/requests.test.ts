/** What goes over the wire: bytes of bodies, headers that must be there, headers that must not. */
import { expect, it } from 'vitest';
import { wireMachine } from '../../support/dedalus-wire.ts';
import { clientOnWire } from './fixture.ts';

const spec = { vcpu: 2, memoryMib: 4096, storageGib: 10, autosleep: '30m' };
const machine = { json: wireMachine('running') };

it('sends the names of environment variables as they are', async () => {
  const { server, api } = await clientOnWire();
  server.on('POST', '/v1/machines/dm-1/executions', { json: { execution_id: 'e1', status: 'queued' } });
  const env = { PATH: '/bin', OPENCLAW_STATE_DIR: '/s', weirdCase_x: 'a"b\\c\n€😀$(id)' };
  await api.createExecution(
    'dm-1',
    { command: ['/bin/true'], env, stdin: 'in', timeoutMs: 5000 },
    { idempotencyKey: 'k1' },
  );
  const [seen] = server.requests;
  expect(seen?.body).toBe(JSON.stringify({ command: ['/bin/true'], env, stdin: 'in', timeout_ms: 5000 }));
  expect(seen?.headers['content-type']).toBe('application/json');
  expect(seen?.headers['idempotency-key']).toBe('k1');
});

it('creates a machine with the fields of the API and the key of the caller', async () => {
  const { server, api } = await clientOnWire({ orgId: 'org-1' });
  server.on('POST', '/v1/machines', { status: 202, json: { machine_id: 'x', phase: 'accepted' } });
  const created = await api.createMachine(spec, { idempotencyKey: 'deploy-1' });
  expect(created).toMatchObject({ machineId: 'x', phase: 'accepted', autosleepRefused: false });
  const [seen] = server.requests;
  expect(JSON.parse(seen?.body ?? '')).toEqual({
    vcpu: 2,
    memory_mib: 4096,
    storage_gib: 10,
    autosleep: '30m',
  });
  expect(seen?.headers).toMatchObject({
    'x-api-key': 'dsk-test',
    'x-dedalus-org-id': 'org-1',
    'idempotency-key': 'deploy-1',
  });
});

it('sends no other credential, no organization and no If-Match unless it was given one', async () => {
  const { server, api } = await clientOnWire();
  server.on('POST', '/v1/machines/dm-1/sleep', machine);
  await api.sleepMachine('dm-1', { idempotencyKey: 'k' });
  const names = Object.keys(server.requests[0]?.headers ?? {});
  for (const absent of ['authorization', 'x-provider', 'x-provider-key', 'x-dedalus-org-id', 'if-match']) {
    expect(names).not.toContain(absent);
  }
  expect(server.requests[0]?.body).toBe('');
});

it.each([
  ['sleepMachine', 'POST', '/v1/machines/dm-1/sleep'],
  ['wakeMachine', 'POST', '/v1/machines/dm-1/wake'],
  ['deleteMachine', 'DELETE', '/v1/machines/dm-1'],
] as const)('%s is based on the revision that was read', async (method, verb, path) => {
  const { server, api } = await clientOnWire();
  server.on(verb, path, machine);
  await api[method]('dm-1', { idempotencyKey: 'k', revision: '42' });
  expect(server.requests[0]?.headers['if-match']).toBe('42');
});

it('cancels an execution under a key, whatever the API answers with', async () => {
  const { server, api } = await clientOnWire();
  server.on('DELETE', '/v1/machines/dm-1/executions/e1', (response) => void response.writeHead(204).end());
  await api.cancelExecution('dm-1', 'e1', { idempotencyKey: 'k' });
  expect(server.requests[0]?.headers['idempotency-key']).toBe('k');
});

it('patches only what changes', async () => {
  const { server, api } = await clientOnWire();
  server.on('PATCH', '/v1/machines/dm-1', machine);
  await api.updateMachine('dm-1', { autosleep: 'never' }, { idempotencyKey: 'k', revision: '1' });
  expect(server.requests[0]?.body).toBe('{"autosleep":"never"}');
});

it('cannot be led to another path by an id', async () => {
  const { server, api } = await clientOnWire();
  const id = '../secret?x=1#y';
  server.on('GET', `/v1/machines/${encodeURIComponent(id)}`, machine);
  await api.getMachine(id);
  expect(server.asked()).toEqual(['GET /v1/machines/..%2Fsecret%3Fx%3D1%23y']);
});

it('keeps a path prefix and survives a trailing slash', async () => {
  const first = await clientOnWire();
  const { api } = await clientOnWire({ baseUrl: `${first.server.url}/proxy/` });
  first.server.on('GET', '/proxy/v1/machines/dm-1', machine);
  expect((await api.getMachine('dm-1')).phase).toBe('running');
});

it('leaves no listener behind on a signal that lives long', async () => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', machine);
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners += 1;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners -= 1;
    remove(...args);
  };
  for (let i = 0; i < 5; i += 1) await api.getMachine('dm-1', { signal });
  expect(listeners).toBe(0);
});
