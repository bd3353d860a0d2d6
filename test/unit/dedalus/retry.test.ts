/** When a request is sent again, with which key, after which pause, and when it is given up. */
import { expect, it } from 'vitest';
import { coded, problem, wireMachine } from '../../support/dedalus-wire.ts';
import type { Reply } from '../../support/scripted-http.ts';
import { clientOnWire, failureOf } from './fixture.ts';

const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10 };
const made: Reply = { status: 202, json: wireMachine('accepted') };
const reset: Reply = (response) => void response.destroy();
const halfBody: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
  response.write('{"machine_id"');
  setImmediate(() => response.destroy());
};

it.each<[string, Reply]>([
  ['a reset connection', reset],
  ['a body that breaks off', halfBody],
  ['500 after it may have worked', problem(500, 'internal')],
  ['a proxy that gives up', { status: 502, text: '<html>Bad gateway</html>' }],
  ['a dependency that is down', coded(503, 'DEPENDENCY_UNAVAILABLE', 'x', { retryable: true })],
  ['an answer that is no machine', { text: '' }],
])('asks again with the same key and the same bytes after %s', async (_name, trouble) => {
  const { server, api } = await clientOnWire();
  server.on('POST', '/v1/machines', trouble, trouble, made);
  expect((await api.createMachine(spec, { idempotencyKey: 'k' })).phase).toBe('accepted');
  expect(server.requests.map((r) => [r.headers['idempotency-key'], r.body])).toEqual(
    Array(3).fill(['k', server.requests[0]?.body]),
  );
});

it('waits as long as the API asks, not as long as it likes', async () => {
  const { server, clock, api } = await clientOnWire();
  const busy = coded(429, 'RATE_LIMITED', 'idempotency key is already in-flight', {
    retryable: true,
    retry_after_ms: 250,
  });
  server.on('POST', '/v1/machines', busy, busy, made);
  await api.createMachine(spec, { idempotencyKey: 'k' });
  expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([300, 300]);
});

it('follows a Retry-After header where the body names no time', async () => {
  const { server, clock, api } = await clientOnWire();
  const busy = { status: 429, text: 'slow down', headers: { 'retry-after': '3' } };
  server.on('GET', '/v1/machines/dm-1', busy, made);
  await api.getMachine('dm-1');
  expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([3050]);
});

it.each([
  ['50', 'Try again in a minute.'],
  ['3600', 'Try again in 60 minutes, as it asks.'],
  ['1e300', 'Try again in 1440 minutes, as it asks.'],
])(
  'says at once how long an API asks to be left alone where that is too long to wait: %s s',
  async (asked, next) => {
    const { server, clock, api } = await clientOnWire();
    server.on('GET', '/v1/machines/dm-1', {
      status: 429,
      text: 'slow down',
      headers: { 'retry-after': asked },
    });
    expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({ code: 'unavailable', next });
    expect(server.requests).toHaveLength(1);
    expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([]);
  },
);

it.each<[string, Reply]>([
  ['header', { status: 503, text: 'down', headers: { 'retry-after': '0' } }],
  ['body', coded(503, 'DEPENDENCY_UNAVAILABLE', 'x', { retryable: true, retry_after_ms: 0 })],
])('does not storm an API whose %s names no time but zero', async (_where, down) => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', down);
  expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({ code: 'unavailable' });
  expect(server.requests.length).toBeLessThan(15);
});

it('backs off ever longer, and gives up with the reason before 40 s are over', async () => {
  const { server, clock, api } = await clientOnWire();
  const start = clock.now();
  server.on('GET', '/v1/machines/dm-1', problem(500, 'internal'));
  expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({
    code: 'unavailable',
    details: { http_status: 500 },
  });
  expect(clock.now() - start).toBeLessThan(40_000);
  const pauses = clock.slept.filter((ms) => ms < 20_000);
  expect(pauses.slice(0, 6)).toEqual([187.5, 375, 750, 1500, 3000, 6000]);
  expect(Math.max(...pauses)).toBe(6000);
});

it('does not wait for a time that is longer than its own', async () => {
  const { server, api } = await clientOnWire();
  server.on(
    'GET',
    '/v1/machines/dm-1',
    coded(429, 'RATE_LIMITED', 'x', { retryable: true, retry_after_ms: 60_000 }),
  );
  expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({ details: { retry_after_ms: 60_000 } });
  expect(server.requests).toHaveLength(1);
});

it('says soon that nobody listens there', async () => {
  const { server, clock, api } = await clientOnWire();
  await server.close();
  const start = clock.now();
  expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({
    code: 'unavailable',
    details: { reason: 'unreachable' },
    next: expect.stringContaining('DEDALUS_BASE_URL'),
  });
  expect(clock.now() - start).toBeLessThan(8_000);
});

it('reads the machine again when somebody changed it, and tries once more under a key of that revision', async () => {
  const { server, api } = await clientOnWire();
  const stale = coded(409, 'REVISION_MISMATCH', 'x', { retryable: true });
  server.on('DELETE', '/v1/machines/dm-1', stale, { json: wireMachine('destroying') });
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('running', { status: { revision: '8' } }) });
  const machine = await api.deleteMachine('dm-1', { idempotencyKey: 'k', revision: '7' });
  expect(machine.phase).toBe('destroying');
  const deletes = server.requests.filter((r) => r.method === 'DELETE');
  expect(deletes.map((r) => [r.headers['if-match'], r.headers['idempotency-key']])).toEqual([
    ['7', 'k'],
    ['8', 'k-r8'],
  ]);
});

it('tells of the second mismatch instead of fighting over the machine', async () => {
  const { server, api } = await clientOnWire();
  server.on('DELETE', '/v1/machines/dm-1', coded(409, 'REVISION_MISMATCH', 'x', { retryable: true }));
  server.on('GET', '/v1/machines/dm-1', { json: wireMachine('running') });
  const error = await failureOf(api.deleteMachine('dm-1', { idempotencyKey: 'k', revision: '1' }));
  expect(error).toMatchObject({ code: 'conflict' });
  expect(server.requests.filter((r) => r.method === 'DELETE')).toHaveLength(2);
});

it('counts a machine that is already gone as deleted', async () => {
  const { api } = await clientOnWire();
  expect(await api.deleteMachine('dm-9', { idempotencyKey: 'k' })).toMatchObject({
    machineId: 'dm-9',
    phase: 'destroyed',
  });
});
