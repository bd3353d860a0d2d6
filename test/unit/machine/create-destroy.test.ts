/** The two ends of a machine's life: made once, and gone for good. */
import { expect, it } from 'vitest';
import { coded, problem, wireMachine } from '../../support/dedalus-wire.ts';
import { failureOf, MACHINE, phases, serviceOnWire } from './fixture.ts';

const spec = { vcpu: 2, memoryMib: 4096, storageGib: 10, autosleep: '30m' };
const going = { status: 202, json: { machine_id: 'dm-1', phase: 'destroying' } };
const gone = problem(404, 'gone');

it('creates under the key of the caller, and asks for a lost answer with the same', async () => {
  const { server, service } = await serviceOnWire();
  const lost = (response: { destroy(): void }) => response.destroy();
  server.on('POST', '/v1/machines', lost, coded(429, 'RATE_LIMITED', 'in-flight', { retryable: true }), {
    json: wireMachine('accepted'),
  });
  expect(await service.create(spec, 'deploy-1')).toMatchObject({
    machineId: 'dm-1',
    autosleepRefused: false,
  });
  expect(server.requests.map((r) => r.headers['idempotency-key'])).toEqual([
    'deploy-1',
    'deploy-1',
    'deploy-1',
  ]);
});

it('never tries again when the account is full', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', '/v1/machines', coded(409, 'CONFLICT', 'machine quota exceeded', { retryable: true }));
  expect(await failureOf(service.create(spec, 'k'))).toMatchObject({ code: 'quota' });
  expect(server.requests).toHaveLength(1);
});

it.each(['running', 'sleeping', 'failed', 'placement_pending', 'hibernating'])(
  'destroys a machine that is %s, and waits until the API does not know it any more',
  async (phase) => {
    const { server, service } = await serviceOnWire();
    server.on('GET', MACHINE, ...phases(phase, phase, 'destroying'), gone);
    server.on('DELETE', MACHINE, going, gone);
    expect(await service.destroy('dm-1')).toMatchObject({ machineId: 'dm-1', phase: 'destroyed' });
    expect(server.requests.filter((r) => r.method === 'DELETE')[0]?.headers['if-match']).toBe('7');
  },
);

it('is done when the machine shows as destroyed', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('running', 'destroying', 'destroyed'));
  server.on('DELETE', MACHINE, going);
  expect((await service.destroy('dm-1')).phase).toBe('destroyed');
  expect(server.asked().filter((asked) => asked.startsWith('DELETE'))).toHaveLength(1);
});

it('is done at once with a machine that is gone, however often it is called', async () => {
  const { service } = await serviceOnWire();
  expect((await service.destroy('dm-1')).phase).toBe('destroyed');
  expect((await service.destroy('dm-1')).phase).toBe('destroyed');
});

it('only waits where somebody else destroys it', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('destroying', 'destroyed'));
  expect((await service.destroy('dm-1')).phase).toBe('destroyed');
  expect(server.asked().every((asked) => asked.startsWith('GET'))).toBe(true);
});

it('tries again when the machine is between two states, each time under a new key', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('stopping', 'sleeping', 'destroyed'));
  server.on('DELETE', MACHINE, coded(409, 'INVALID_STATE', 'stopping'), going);
  expect((await service.destroy('dm-1')).phase).toBe('destroyed');
  const keys = server.requests.filter((r) => r.method === 'DELETE').map((r) => r.headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
});

it('does not claim what it did not see', async () => {
  const { server, service } = await serviceOnWire({ destroyTimeoutMs: 10_000 });
  server.on('GET', MACHINE, ...phases('running'));
  server.on('DELETE', MACHINE, going);
  expect(await failureOf(service.destroy('dm-1'))).toMatchObject({ code: 'timeout' });
});
