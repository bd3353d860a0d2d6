/** Wake and sleep, by whichever way is open, from whatever phase the machine is in. */
import { expect, it } from 'vitest';
import { coded, wireMachine } from '../../support/dedalus-wire.ts';
import { EXECUTIONS, execution, failureOf, MACHINE, phases, refused, serviceOnWire } from './fixture.ts';

const WAKE = `${MACHINE}/wake`;
const SLEEP = `${MACHINE}/sleep`;
const closed = coded(401, 'AUTH_REQUIRED', 'missing internal route signature');
const ran = execution('succeeded', { exit_code: 0 });
// Generation 3 answers a change without `status`.
const accepted = { status: 202, json: { machine_id: 'dm-1', phase: 'starting' } };

it('changes nothing on a machine that runs', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('running'));
  expect((await service.wake('dm-1')).how).toBe('already_running');
  expect(server.asked()).toEqual([`GET ${MACHINE}`]);
});

it('wakes by the wake call, based on the revision that it read', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('sleeping', 'sleeping', 'wake_pending', 'starting', 'running'));
  server.on('POST', WAKE, accepted);
  const told: string[] = [];
  const outcome = await service.wake('dm-1', { onPhase: (machine) => told.push(machine.phase) });
  expect(outcome).toMatchObject({ how: 'woken', machine: { phase: 'running' } });
  expect(told).toEqual(['sleeping', 'wake_pending', 'starting', 'running']);
  expect(server.requests.find((r) => r.path === WAKE)?.headers['if-match']).toBe('7');
});

it.each([
  ['closed to public keys', closed],
  ['forbidden', coded(403, 'AUTH_SCOPE_FORBIDDEN', 'scope')],
  ['refused in this state', coded(409, 'INVALID_STATE', 'x')],
  ['not there', { status: 404, json: {} }],
])('wakes by a harmless command where the wake call is %s', async (_name, refusal) => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('sleeping', 'sleeping', 'running'));
  server.on('POST', WAKE, refusal);
  server.on('POST', EXECUTIONS, execution('wake_in_progress', { retry_after_ms: 500 }));
  server.on('GET', `${EXECUTIONS}/e1`, ran);
  expect((await service.wake('dm-1')).how).toBe('woken_by_execution');
  expect(server.requests.find((r) => r.path === EXECUTIONS)?.body).toContain('["/bin/true"]');
});

it('has woken the machine even when the harmless command ran out of time', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('sleeping', 'starting', 'running'));
  server.on('POST', WAKE, closed);
  server.on('POST', EXECUTIONS, execution('expired', { error_code: 'execution_timed_out' }));
  expect((await service.wake('dm-1')).how).toBe('woken_by_execution');
});

it('does not hide a wrong key behind a second way', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('sleeping'));
  server.on('POST', WAKE, coded(401, 'AUTH_INVALID', 'x'));
  expect(await failureOf(service.wake('dm-1'))).toMatchObject({ code: 'auth' });
});

it('lets a machine fall asleep before it wakes it', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('stopping', 'stopping', 'sleeping', 'starting', 'running'));
  server.on('POST', WAKE, accepted);
  expect((await service.wake('dm-1')).how).toBe('woken');
  expect(server.asked().indexOf(`POST ${WAKE}`)).toBe(3);
});

it('only waits where a wake is under way', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('starting', 'starting', 'running'));
  expect((await service.wake('dm-1')).how).toBe('woken');
  expect(server.asked().every((asked) => asked.startsWith('GET'))).toBe(true);
});

it('says that a wake failed, by either way', async () => {
  const { server, service } = await serviceOnWire();
  const failed = { json: wireMachine('failed', { status: { reason: 'RuntimeWakeFailed' } }) };
  server.on('GET', MACHINE, ...phases('sleeping'), failed);
  server.on('POST', WAKE, accepted);
  const expected = { code: 'machine_failed', details: { reason: 'RuntimeWakeFailed' } };
  expect(await failureOf(service.wake('dm-1'))).toMatchObject(expected);
  server.on('GET', MACHINE, ...phases('sleeping'), failed);
  server.on('POST', WAKE, closed);
  server.on('POST', EXECUTIONS, refused('host_agent_execute_failed'));
  expect(await failureOf(service.wake('dm-1'))).toMatchObject(expected);
});

it('puts a machine to sleep and waits until it does', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('running', 'running', 'stopping', 'sleeping'));
  server.on('POST', SLEEP, { json: { machine_id: 'dm-1', phase: 'stopping' } });
  expect(await service.sleep('dm-1')).toMatchObject({ how: 'slept', machine: { phase: 'sleeping' } });
  expect(server.asked().filter((asked) => asked === `POST ${SLEEP}`)).toHaveLength(1);
});

it('does nothing to a machine that sleeps, and only waits for one that is about to', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('sleeping'));
  expect((await service.sleep('dm-1')).how).toBe('already_sleeping');
  server.on('GET', MACHINE, ...phases('stopping', 'sleeping'));
  expect((await service.sleep('dm-1')).how).toBe('slept');
  expect(server.asked().every((asked) => asked.startsWith('GET'))).toBe(true);
});

it('tells how long a machine must stay awake after a wake', async () => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, ...phases('running'));
  const hold = coded(409, 'SLEEP_HOLD_WINDOW_ACTIVE', 'hold', { retryable: true, retry_after_ms: 200_000 });
  server.on('POST', SLEEP, hold);
  expect(await failureOf(service.sleep('dm-1'))).toMatchObject({
    code: 'conflict',
    details: { retry_after_ms: 200_000, platform_code: 'SLEEP_HOLD_WINDOW_ACTIVE' },
  });
  expect(server.requests).toHaveLength(2);
});

it.each([
  [300, 'after 300 s'],
  [0, 'runs on'],
  [undefined, 'some minutes'],
])('explains a sleep call that is closed (autosleep %s)', async (autosleep_seconds, words) => {
  const { server, service } = await serviceOnWire();
  server.on('GET', MACHINE, { json: wireMachine('running', { autosleep_seconds }) });
  server.on('POST', SLEEP, closed);
  expect(await failureOf(service.sleep('dm-1'))).toMatchObject({
    code: 'unsupported',
    details: { reason: 'internal_route' },
    next: expect.stringContaining(words),
  });
});

it('is content when autosleep was faster, and says so when the state really forbids it', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', SLEEP, coded(409, 'INVALID_STATE', 'x'));
  server.on('GET', MACHINE, ...phases('running', 'stopping', 'sleeping'));
  expect((await service.sleep('dm-1')).how).toBe('slept');
  server.on('GET', MACHINE, ...phases('starting'));
  expect(await failureOf(service.sleep('dm-1'))).toMatchObject({ code: 'conflict' });
});
