/** Commands on a local machine behave as on the service: ends, output, limits, cancel, refusals. */
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, localApi } from './support/harness.ts';

afterEach(closeAll);

describe('a command', () => {
  it('ends with its exit code and its output, whatever that code is', async () => {
    const api = await localApi();
    const id = await api.machine();
    expect(await api.sh(id, 'echo out; echo err >&2')).toMatchObject({
      status: 'succeeded',
      exit_code: 0,
      stdout: 'out\n',
      stderr: 'err\n',
      stdout_bytes: 4,
      stdout_truncated: false,
    });
    const failed = await api.sh(id, 'exit 7');
    expect(failed).toMatchObject({ status: 'failed', exit_code: 7 });
    expect(failed).not.toHaveProperty('error_code');
    const killed = await api.sh(id, 'kill -TERM $$');
    expect(killed).toMatchObject({ status: 'failed', signal: 15 });
    expect(killed).not.toHaveProperty('exit_code');
  });

  it('gets env, stdin and cwd byte for byte, and shows only the names of env', async () => {
    const api = await localApi();
    const id = await api.machine();
    const odd = '\'"\\\n$(id) 🦞\t';
    const ran = await api.sh(id, 'printf %s "$Weird_NAME"; cat; pwd', {
      env: { Weird_NAME: odd },
      stdin: `${odd}${'x'.repeat(200_000)}`,
      cwd: '/',
    });
    expect(ran.stdout).toBe(`${odd}${odd}${'x'.repeat(200_000)}/\n`);
    expect(ran).toMatchObject({
      env_keys: ['Weird_NAME'],
      cwd: '/',
      command: ['bash', '-c', expect.any(String)],
    });
    const { body } = await api.get(`/v1/machines/${id}/executions`);
    expect(JSON.stringify(body)).not.toContain('🦞');
  });

  it('shows no output before it has ended, and none when it was cancelled', async () => {
    const api = await localApi();
    const id = await api.machine();
    const { body } = await api.start(id, ['bash', '-c', 'echo early; sleep 30']);
    const url = `/v1/machines/${id}/executions/${body.execution_id}`;
    expect((await api.get(`${url}/output`)).body).toEqual({ execution_id: body.execution_id });
    const cancelled = await api.send('DELETE', url);
    expect(cancelled.body).toMatchObject({ status: 'cancelled' });
    expect(cancelled.body).not.toHaveProperty('exit_code');
    expect((await api.get(`${url}/output`)).body).toEqual({ execution_id: body.execution_id });
    expect((await api.send('DELETE', url)).body).toEqual(cancelled.body);
  });

  it('expires after timeout_ms, which the published status loop does not know', async () => {
    const api = await localApi();
    const id = await api.machine();
    const ran = await api.sh(id, 'sleep 30', { timeout_ms: 30 });
    expect(ran).toMatchObject({ status: 'expired', error_code: 'execution_timed_out' });
    expect(ran).not.toHaveProperty('exit_code');
    expect(ran).not.toHaveProperty('stdout');
  });

  it('ends only when everything that holds its output has ended, so that setsid without pipes detaches', async () => {
    const api = await localApi();
    const id = await api.machine();
    const held = await api.start(id, ['bash', '-c', 'nohup sleep 30 & exit 0']);
    expect(await api.sh(id, '( setsid sleep 30 </dev/null &>/dev/null & ); echo launched')).toMatchObject({
      status: 'succeeded',
      stdout: 'launched\n',
    });
    const { body } = await api.get(`/v1/machines/${id}/executions/${held.body.execution_id}`);
    expect(body.status).toBe('running');
  });

  it('keeps the head of long output and says how long it was', async () => {
    const api = await localApi({ outputCapBytes: 10 });
    const id = await api.machine();
    expect(await api.sh(id, 'printf 0123456789abcdef')).toMatchObject({
      stdout: '0123456789',
      stdout_bytes: 16,
      stdout_truncated: true,
      stderr_truncated: false,
    });
  });

  it('that cannot be started is refused by the platform, without an exit code', async () => {
    const api = await localApi();
    const id = await api.machine();
    for (const rest of [{}, { cwd: '/no/such/folder' }]) {
      const { body } = await api.start(id, [rest.cwd ? 'true' : 'no-such-program'], rest);
      const end = await api.ended(id, body.execution_id);
      expect(end).toMatchObject({ status: 'failed', error_code: 'host_agent_execute_failed' });
      expect(end).not.toHaveProperty('exit_code');
    }
  });

  it('is refused while the guest of a fresh machine is not ready', async () => {
    const api = await localApi({ delays: { guest: 200 } });
    const id = await api.machine();
    const { status, body } = await api.start(id, ['true']);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'failed', error_code: 'machine_not_routable' });
  });

  it('leaves a list, newest first, of which only the last are kept', async () => {
    const api = await localApi({ keptExecutions: 3 });
    const id = await api.machine();
    for (const word of ['a', 'b', 'c', 'd']) await api.sh(id, `echo ${word}`);
    const page = await api.get(`/v1/machines/${id}/executions?limit=2`);
    const rest = await api.get(`/v1/machines/${id}/executions?cursor=${page.body.next_cursor}`);
    const lines = [page, rest].map((reply) => JSON.stringify(reply.body.items).match(/echo ./g));
    expect(lines).toEqual([['echo d', 'echo c'], ['echo b']]);
    expect(rest.body).not.toHaveProperty('next_cursor');
  });

  it('can be followed by its events', async () => {
    const api = await localApi();
    const id = await api.machine();
    const { execution_id } = await api.sh(id, 'echo hi');
    const { body } = await api.get(`/v1/machines/${id}/executions/${execution_id}/events`);
    expect(body.items).toMatchObject([
      { sequence: 1, type: 'lifecycle', status: 'queued' },
      { sequence: 2, type: 'lifecycle', status: 'running' },
      { sequence: 3, type: 'stdout', chunk: 'hi\n' },
      { sequence: 4, type: 'lifecycle', status: 'succeeded', exit_code: 0 },
    ]);
  });
});
