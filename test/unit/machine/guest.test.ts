/** `running` is not ready: the guest is, when a command has run in it. */
import { expect, it } from 'vitest';
import { coded, problem } from '../../support/dedalus-wire.ts';
import { EXECUTIONS, execution, failureOf, MACHINE, phases, refused, serviceOnWire } from './fixture.ts';

const ran = execution('succeeded', { exit_code: 0 });

it('is satisfied with one command that ran, and reads no output', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, ran);
  await service.waitForGuest('dm-1');
  expect(server.asked()).toEqual([`POST ${EXECUTIONS}`]);
  expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({ command: ['/bin/true'], timeout_ms: 10_000 });
});

it('gets through every refusal that a fresh machine was seen to give', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('running'));
  server.on(
    'POST',
    EXECUTIONS,
    refused('machine_not_routable'),
    refused('host_agent_execute_failed', 'stream broke'),
    coded(503, 'DEPENDENCY_UNAVAILABLE', 'x', { retryable: true }),
    coded(503, 'DEPENDENCY_UNAVAILABLE', 'x'),
    execution('expired', { error_code: 'execution_timed_out' }),
    refused('machine_not_found'),
    refused('something_new'),
    ran,
  );
  await service.waitForGuest('dm-1');
  expect(server.requests.filter((r) => r.method === 'POST')).toHaveLength(8);
});

it('recognises the machine that runs on paper only, and is about to be destroyed', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, refused('machine_not_found', 'machine no longer exists'));
  server.on('GET', MACHINE, ...phases('running', 'destroying'));
  expect(await failureOf(service.waitForGuest('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'destroying', replaceable: true },
  });
  server.on('GET', MACHINE, problem(404, 'gone'));
  expect(await failureOf(service.waitForGuest('dm-1'))).toMatchObject({
    details: { reason: 'machine_not_found', replaceable: true },
  });
});

it('recognises the machine that is gone before its first command', async () => {
  const { service } = await serviceOnWire();
  expect(await failureOf(service.waitForGuest('dm-1'))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'machine_not_found', replaceable: true },
  });
});

it('gives up on a guest that never answers, within its time', async () => {
  const { server, clock, service } = await serviceOnWire();
  const start = clock.now();
  server.on('POST', EXECUTIONS, refused('machine_not_routable'));
  server.on('GET', MACHINE, ...phases('running'));
  expect(await failureOf(service.waitForGuest('dm-1', { timeoutMs: 30_000 }))).toMatchObject({
    code: 'machine_failed',
    details: { reason: 'guest_unreachable', replaceable: true },
  });
  expect(clock.now() - start).toBeLessThan(41_000);
});

it('does not insist when the key is wrong', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, coded(401, 'AUTH_INVALID', 'x'));
  expect(await failureOf(service.waitForGuest('dm-1'))).toMatchObject({ code: 'auth' });
  expect(server.requests).toHaveLength(1);
});
