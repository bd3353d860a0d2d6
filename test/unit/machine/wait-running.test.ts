/** A machine on its way to `running`: what is waited for, what is told meanwhile, and when waiting is in vain. */
import { expect, it } from 'vitest';
import { problem, wireMachine } from '../../support/dedalus-wire.ts';
import { failureOf, MACHINE, phases, serviceOnWire } from './fixture.ts';

it('waits through every phase, also unknown ones, and tells each change once', async () => {
  const { server, service } = await serviceOnWire();
  server.on(
    'GET',
    MACHINE,
    ...phases('accepted', 'accepted', 'placement_pending', 'warming_up', 'starting', 'running'),
  );
  const told: string[] = [];
  const machine = await service.waitUntilRunning('dm-1', { onPhase: (seen) => told.push(seen.phase) });
  expect(machine.phase).toBe('running');
  expect(told).toEqual(['accepted', 'placement_pending', 'warming_up', 'starting', 'running']);
});

it('looks often at first, and never less than every 2 s', async () => {
  const { server, clock, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases(...Array<string>(12).fill('starting'), 'running'));
  await service.waitUntilRunning('dm-1');
  const pauses = clock.slept.filter((ms) => ms < 20_000);
  expect(pauses.slice(0, 3)).toEqual([100, 160, 256]);
  expect(Math.max(...pauses)).toBe(2000);
});

it.each([
  ['RuntimeWakeFailed', undefined],
  ['StorageProvisioningFailed', 'disk'],
  ['HOST_LAUNCH_THROTTLED', undefined],
])('a failed machine (%s) can be replaced', async (reason, last_error) => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('starting'), {
    json: wireMachine('failed', { status: { reason, last_error } }),
  });
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason, replaceable: true, phase: 'failed' },
    foreign: expect.stringContaining(reason),
  });
});

it('finds the known code inside a sentence, and keeps the sentence out of our words', async () => {
  const { server, service } = await serviceOnWire();
  const status = { reason: 'Something odd <b>', last_error: 'pool: NoReadyHosts for 9000 MiB' };
  server.on('GET', MACHINE, { json: wireMachine('failed', { status }) });
  const error = await failureOf(service.waitUntilRunning('dm-1'));
  expect(error).toMatchObject({ details: { reason: 'NoReadyHosts' } });
  expect((error as Error).message).not.toMatch(/odd|9000/);
});

it('is never replaced where the quota is the reason', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, {
    json: wireMachine('failed', { status: { last_error: 'machine quota exceeded' } }),
  });
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    details: { replaceable: false },
  });
});

it('believes the platform when it says that it has given up', async () => {
  const { server, service } = await serviceOnWire();
  const status = { reason: 'NoReadyHosts', retryable: false };
  server.on('GET', MACHINE, { json: wireMachine('placement_pending', { status }) });
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    details: { reason: 'NoReadyHosts' },
  });
  expect(server.requests).toHaveLength(1);
});

it('goes on while the platform itself tries again', async () => {
  const { server, service } = await serviceOnWire();
  const pending = {
    json: wireMachine('placement_pending', { status: { reason: 'NoReadyHosts', retryable: true } }),
  };
  server.on('GET', MACHINE, pending, pending, ...phases('running'));
  expect((await service.waitUntilRunning('dm-1')).phase).toBe('running');
});

it('does not wait for ever for a place', async () => {
  const { server, clock, service } = await serviceOnWire({ placementStuckMs: 10_000 });
  const start = clock.now();
  server.on('GET', MACHINE, ...phases('placement_pending'));
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'placement_stuck', replaceable: true },
  });
  expect(clock.now() - start).toBeLessThan(13_000);
});

it('recognises a machine that vanishes or is destroyed under it', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('starting'), problem(404, 'gone'));
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'machine_not_found', replaceable: true },
  });
  server.on('GET', MACHINE, ...phases('running', 'destroying').slice(1));
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'destroying', replaceable: true },
  });
});

it('says not_found of a machine that never was', async () => {
  const { service } = await serviceOnWire();
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({ code: 'not_found' });
});

it('does not wait for a machine that sleeps', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, { json: wireMachine('sleeping', { desired_state: 'sleeping' }) });
  expect(await failureOf(service.waitUntilRunning('dm-1'))).toMatchObject({
    code: 'conflict',
    next: 'Call wake_machine.',
  });
});

it('ends with a timeout in the time that it was given', async () => {
  const { server, clock, service } = await serviceOnWire();
  const start = clock.now();
  server.on('GET', MACHINE, ...phases('starting'));
  expect(await failureOf(service.waitUntilRunning('dm-1', { timeoutMs: 9_000 }))).toMatchObject({
    code: 'timeout',
  });
  expect(clock.now() - start).toBe(9_000);
});

it('ends when the caller leaves', async () => {
  const { server, service } = await serviceOnWire();
  const caller = new AbortController();
  const reason = new Error('left');
  server.on('GET', MACHINE, ...phases('starting'));
  const onPhase = () => caller.abort(reason);
  expect(await failureOf(service.waitUntilRunning('dm-1', { signal: caller.signal, onPhase }))).toBe(reason);
});
