/** How commands in a machine end, and what of them the rest of the computer can see. */
import { describe, expect, it } from 'vitest';
import { bash, processesWith, result, shared, started, unavailable, why } from './fixture.ts';

describe.skipIf(unavailable)(`a command in a machine${why}`, () => {
  const one = shared();

  it('reports its exit code or its signal, and a missing program as a shell does', async () => {
    const { machine } = one();
    const run = (command: string[]) =>
      result(machine.run({ command, env: {}, stdin: undefined, cwd: undefined }));
    expect(await run(['sh', '-c', 'exit 7'])).toMatchObject({ exitCode: 7, signal: undefined });
    expect(await run(['sh', '-c', 'kill -TERM $$'])).toMatchObject({
      exitCode: undefined,
      signal: 'SIGTERM',
    });
    const missing = await run(['no-such-program', '--flag']);
    expect(missing.exitCode).toBe(127);
    expect(missing.err).toContain('no-such-program');
    const huge = await run(['echo', 'x'.repeat(200_000)]);
    expect(huge).toMatchObject({ exitCode: 126 });
    expect(huge.err).toContain('E2BIG');
  });

  it('has a clean environment of its own, and its secrets are in no argument list', async () => {
    const { machine } = one();
    const secret = 'sk-test-not-in-ps-5d1f0c';
    const waits = ': > up; until [[ -e go ]]; do sleep 0.01; done; env';
    const ended = bash(machine, waits, { API_KEY: secret, LD_LIBRARY_PATH: '/lib/x' });
    await bash(machine, 'until [[ -e up ]]; do sleep 0.01; done');
    expect(processesWith(secret)).toEqual([]);
    await bash(machine, ': > go');
    const { out } = await ended;
    expect(out).toContain(`API_KEY=${secret}`);
    expect(out).toContain('LD_LIBRARY_PATH=/lib/x');
    expect(out).not.toContain('VITEST');
  });

  it('is killed with its process group, but not with what left the group', async () => {
    const { machine } = one();
    const daemon = 'echo up; exec sleep 3141 >/dev/null 2>&1';
    const script = `sleep 2718 & setsid bash -c '${daemon}' & wait`;
    const running = machine.run({
      command: ['bash', '-c', script],
      env: {},
      stdin: undefined,
      cwd: undefined,
    });
    running.stdout.once('data', () => running.kill());
    expect(await result(running)).toMatchObject({ exitCode: undefined, signal: 'SIGKILL' });
    const { out } = await bash(machine, 'ps -e -o args=');
    expect(out).toContain('sleep 3141');
    expect(out).not.toContain('sleep 2718');
  });

  it('can be killed at once, and when only its children are left', async () => {
    const { machine } = one();
    const run = (script: string) =>
      machine.run({ command: ['bash', '-c', script], env: {}, stdin: undefined, cwd: undefined });
    const early = run('sleep 1414');
    early.kill();
    expect(await result(early)).toMatchObject({ signal: 'SIGKILL' });

    const late = run('sleep 1732 & echo $!');
    late.stdout.once('data', () => void late.kill());
    await result(late);
    expect((await bash(machine, 'ps -e -o args=')).out).not.toContain('sleep 1');
  });

  it('does not run at all once its machine is gone', async () => {
    const { machine } = await started();
    await machine.stop();
    expect(await bash(machine, 'echo here')).toMatchObject({ out: '', signal: 'SIGKILL' });
  });
});
