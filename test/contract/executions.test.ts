/** Commands on a local machine behave as on the service: ends, output, limits, cancel, isolation of the environment. */
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
});
