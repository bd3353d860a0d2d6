/** Commands: what is asked, how often, what comes back, and that nothing runs twice that must not. */
import { expect, it } from 'vitest';
import { coded, problem } from '../../support/dedalus-wire.ts';
import {
  command,
  EXECUTIONS,
  execution,
  failureOf,
  MACHINE,
  phases,
  refused,
  serviceOnWire,
} from './fixture.ts';

const E1 = `${EXECUTIONS}/e1`;
const OUTPUT = `${E1}/output`;
const output = { json: { execution_id: 'e1', stdout: 'out', stderr: 'err' } };

function keysSent(server: { requests: { method: string; headers: Record<string, unknown> }[] }) {
  return server.requests.filter((r) => r.method === 'POST').map((r) => r.headers['idempotency-key']);
}

it('returns what was printed, looking again until the end', async () => {
  const { server, clock, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('queued'));
  server.on(
    'GET',
    E1,
    execution('running'),
    execution('pondering'),
    execution('succeeded', { exit_code: 0 }),
  );
  server.on('GET', OUTPUT, output);
  expect(await service.run('dm-1', command())).toEqual({
    exitCode: 0,
    stdout: 'out',
    stderr: 'err',
    truncated: false,
    executionId: 'e1',
  });
  expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([60, 96, 153.60000000000002]);
});

it('a command of a known duration is first asked for when it should have ended, then soon and often', async () => {
  const { server, clock, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('queued'));
  server.on('GET', E1, execution('running'), execution('running'), execution('succeeded', { exit_code: 0 }));
  server.on('GET', OUTPUT, output);
  await service.run('dm-1', command({ pace: { firstMs: 270 } }));
  expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([270, 60, 96]);
});

it('asks no more than it must: nothing when the first answer is the end, no output where none is announced', async () => {
  const { server, service } = await serviceOnWire();
  const ended = { exit_code: 0, stdout_bytes: 0, stderr_bytes: 0 };
  server.on('POST', EXECUTIONS, execution('succeeded', ended));
  expect(await service.run('dm-1', command())).toMatchObject({ exitCode: 0, stdout: '' });
  expect(server.asked()).toEqual([`POST ${EXECUTIONS}`]);
});

it('a command that failed by itself is a result, not an error', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('failed', { exit_code: 7 }));
  server.on('GET', OUTPUT, { json: { execution_id: 'e1', stderr: 'bad', stderr_truncated: true } });
  expect(await service.run('dm-1', command())).toMatchObject({ exitCode: 7, stderr: 'bad', truncated: true });
});

it('a killed command has the exit code that a shell would show', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('failed', { signal: 'SIGKILL' }));
  server.on('GET', OUTPUT, output);
  expect((await service.run('dm-1', command())).exitCode).toBe(137);
});

it('a command that ran out of its own time ends the wait', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('running'));
  server.on('GET', E1, execution('expired', { error_code: 'execution_timed_out' }));
  expect(await failureOf(service.run('dm-1', command()))).toMatchObject({ code: 'timeout' });
  expect(keysSent(server)).toHaveLength(1);
});

it('a cancelled command ends the wait', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('cancelled'));
  expect(await failureOf(service.run('dm-1', command()))).toMatchObject({ code: 'cancelled' });
});

it('waits as long as the platform asks while the machine wakes', async () => {
  const { server, clock, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('wake_in_progress', { retry_after_ms: 1500 }));
  server.on('GET', E1, execution('succeeded', { exit_code: 0 }));
  server.on('GET', OUTPUT, output);
  await service.run('dm-1', command());
  expect(clock.slept.filter((ms) => ms < 20_000)).toEqual([1500]);
});

it('asks at its own pace where the platform asks for no pause at all', async () => {
  const { server, clock, service } = await serviceOnWire();
  const waking = execution('wake_in_progress', { retry_after_ms: 0 });
  server.on('POST', EXECUTIONS, waking);
  server.on('GET', E1, waking, waking, execution('succeeded', { exit_code: 0 }));
  server.on('GET', OUTPUT, output);
  await service.run('dm-1', command());
  expect(clock.slept.filter((ms) => ms < 20_000).every((ms) => ms >= 60)).toBe(true);
});

it('stops waiting for a command that never ends, and says that it may still run', async () => {
  const { server, clock, service } = await serviceOnWire({ executionSlackMs: 9_000 });
  const start = clock.now();
  server.on('POST', EXECUTIONS, execution('queued'));
  server.on('GET', E1, execution('queued'));
  expect(await failureOf(service.run('dm-1', command({ timeoutMs: 1_000 })))).toMatchObject({
    code: 'timeout',
    details: { execution_id: 'e1', reason: 'execution_unfinished' },
  });
  expect(clock.now() - start).toBe(10_000);
});

it('a lost answer is asked for again with the same key', async () => {
  const { server, service } = await serviceOnWire();
  const lost = (response: { destroy(): void }) => response.destroy();
  server.on(
    'POST',
    EXECUTIONS,
    lost,
    problem(500, 'after the command did run'),
    execution('succeeded', { exit_code: 0 }),
  );
  server.on('GET', OUTPUT, output);
  await service.run('dm-1', command({ idempotencyKey: 'turn-1' }));
  expect(keysSent(server)).toEqual(['turn-1', 'turn-1', 'turn-1']);
});

it('sends a command again, under a key derived from the first, when it certainly never started', async () => {
  const { server, service } = await serviceOnWire();
  server.on(
    'POST',
    EXECUTIONS,
    refused('machine_not_routable'),
    refused('host_agent_execute_failed', 'x exec_init_rejected y'),
    execution('succeeded', { exit_code: 0 }),
  );
  server.on('GET', MACHINE, ...phases('running'));
  server.on('GET', OUTPUT, output);
  await service.run('dm-1', command({ idempotencyKey: 'turn-1' }));
  expect(keysSent(server)).toEqual(['turn-1', 'turn-1-try2', 'turn-1-try3']);
});

it('never sends a command again that may have run, unless running it twice is harmless', async () => {
  const { server, service } = await serviceOnWire();
  const broken = refused('host_agent_execute_failed', 'stream broke');
  server.on('POST', EXECUTIONS, broken, execution('succeeded', { exit_code: 0 }));
  server.on('GET', MACHINE, ...phases('running'));
  server.on('GET', OUTPUT, output);
  expect(await failureOf(service.run('dm-1', command()))).toMatchObject({
    code: 'machine_failed',
    details: { platform_code: 'host_agent_execute_failed', replaceable: false },
    foreign: 'stream broke',
  });
  expect(keysSent(server)).toHaveLength(1);
  server.on('POST', EXECUTIONS, broken, execution('succeeded', { exit_code: 0 }));
  expect((await service.run('dm-1', command({ rerunnable: true }))).exitCode).toBe(0);
});

it('gives up on a machine that refuses for a minute, with the code of the platform', async () => {
  const { server, clock, service } = await serviceOnWire();
  const start = clock.now();
  server.on('POST', EXECUTIONS, refused('machine_not_routable'));
  server.on('GET', MACHINE, ...phases('running'));
  expect(await failureOf(service.run('dm-1', command()))).toMatchObject({
    code: 'machine_failed',
    details: { platform_code: 'machine_not_routable', never_started: true },
  });
  expect(clock.now() - start).toBeLessThan(66_000);
});

it('waits out a state in which the API takes no commands', async () => {
  const { server, service } = await serviceOnWire();
  server.on(
    'POST',
    EXECUTIONS,
    coded(409, 'INVALID_STATE', 'stopping'),
    execution('succeeded', { exit_code: 0 }),
  );
  server.on('GET', MACHINE, ...phases('stopping'));
  server.on('GET', OUTPUT, output);
  expect((await service.run('dm-1', command())).exitCode).toBe(0);
});

it('does not try another key when the key was used for another command', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, coded(409, 'IDEMPOTENCY_KEY_REUSED', 'x'));
  const error = await failureOf(service.run('dm-1', command({ idempotencyKey: 'k', rerunnable: true })));
  expect(error).toMatchObject({ code: 'conflict', details: { platform_code: 'IDEMPOTENCY_KEY_REUSED' } });
  expect(server.requests).toHaveLength(1);
});

it('waits for output that is announced but not there yet, and says so when it never comes', async () => {
  const { server, service } = await serviceOnWire();
  server.on('POST', EXECUTIONS, execution('succeeded', { exit_code: 0, stdout_bytes: 3, stderr_bytes: 0 }));
  const empty = { json: { execution_id: 'e1' } };
  server.on('GET', OUTPUT, empty, empty, output);
  expect((await service.run('dm-1', command())).stdout).toBe('out');
  server.on('GET', OUTPUT, empty);
  expect(await failureOf(service.run('dm-1', command()))).toMatchObject({
    code: 'unavailable',
    details: { reason: 'output_missing' },
  });
});

it('leaves the command alone when the caller leaves', async () => {
  const { server, service } = await serviceOnWire();
  const caller = new AbortController();
  const reason = new Error('left');
  server.on('POST', EXECUTIONS, execution('queued'));
  server.on('GET', E1, (response) => {
    caller.abort(reason);
    response.destroy();
  });
  expect(await failureOf(service.run('dm-1', command(), { signal: caller.signal }))).toBe(reason);
  expect(server.requests.map((r) => r.method)).not.toContain('DELETE');
});
