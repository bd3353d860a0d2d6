/** What a machine of either runtime can see and leave behind. */
import { afterEach, describe, expect, it } from 'vitest';
import { namespaceRuntime, probeNamespace } from '../../src/local/namespace/index.ts';
import { processesOf } from '../../src/local/runtimes/process-table.ts';
import { closeAll, localApi, realRuntime, runs } from './support/harness.ts';

afterEach(closeAll);

const namespaces = await probeNamespace();

describe('a machine of the process runtime', () => {
  it('has a home, a temp folder and a gateway port of its own, and none of the keys of this computer', async () => {
    const api = await localApi();
    const show = 'echo "$HOME $TMPDIR $OPENCLAW_GATEWAY_PORT"; pwd';
    const [first, second] = [await api.machine({}), await api.machine({})];
    const [one, two] = [await api.sh(first, show), await api.sh(second, show)];
    const [home, tmp, port] = String(one.stdout).split(/\s/);
    expect([home, tmp]).toEqual(
      ['home', 'scratch/tmp'].map((dir) => `${api.stateDir}/machines/${first}/${dir}`),
    );
    expect(Number(port)).toBeGreaterThan(1023);
    expect(String(one.stdout)).toContain(`\n${home}\n`);
    expect(String(two.stdout)).not.toContain(` ${port}\n`);
    expect((await api.sh(first, 'env', { env: { DEDALUS_LOCAL_MACHINE: 'x' } })).stdout).not.toMatch(
      /SECRET|=x\n/,
    );
  });

  it('leaves nothing running when it stops: not after setsid, a double fork, or a cleared environment', async () => {
    const api = await localApi();
    const id = await api.machine({});
    const detach = '</dev/null &>/dev/null & echo $!';
    const { stdout } = await api.sh(
      id,
      `setsid sleep 60 ${detach}; setsid bash -c 'env -i sleep 60; :' ${detach}; (setsid bash -c 'sleep 60 & sleep 60; :' ${detach})`,
    );
    const pids = String(stdout).trim().split('\n');
    expect(pids.map(runs)).toEqual([true, true, true]);
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    expect(pids.map(runs)).toEqual([false, false, false]);
  });
});

describe('a machine of the process runtime that resists', () => {
  it.each([
    ['stops itself', 'kill -STOP $$'],
    ['ignores signals', "trap '' HUP INT TERM QUIT CONT; while :; do :; done"],
    ['forks for ever', 'hop() { hop & exit; }; hop'],
    ['forks for ever in sessions of its own', 'export -f hop; hop'],
  ])('that %s is destroyed', async (_, line) => {
    const api = await localApi();
    const id = await api.machine({});
    const define = 'hop() { setsid bash -c hop & exit; }; ';
    await api.start(id, ['bash', '-c', line.startsWith('export') ? define + line : line]);
    await api.sh(id, 'sleep 0.3');
    await api.change('DELETE', id);
    await expect.poll(async () => (await api.get(`/v1/machines/${id}`)).status, { interval: 50 }).toBe(404);
    expect(await processesOf(id)).toEqual([]);
  });
});

const runtimes = [
  { name: 'process', works: true, make: realRuntime },
  {
    name: 'namespace',
    works: namespaces.available,
    make: () => namespaceRuntime({ trust: { env: {}, files: [] } }),
  },
];

describe.each(runtimes)('the $name runtime', ({ name, works, make }) => {
  it.skipIf(!works)('runs, sleeps with nothing but its home kept, wakes and is destroyed', async () => {
    const api = await localApi({}, make());
    const id = await api.machine({});
    expect((await api.get(`/v1/machines/${id}`)).body).toMatchObject({ runtime: name });
    await api.sh(
      id,
      'echo kept > ~/file; echo gone > "$(dirname "$(mktemp -u)")/file"; setsid sleep 60 </dev/null &>/dev/null &',
    );
    await api.change('POST', id, '/sleep');
    await api.phase(id, 'sleeping');
    const { body } = await api.start(id, [
      'bash',
      '-c',
      'cat ~/file; cat "$(dirname "$(mktemp -u)")/file"; exit 4',
    ]);
    const end = await api.ended(id, body.execution_id);
    const output = await api.get(`/v1/machines/${id}/executions/${end.execution_id}/output`);
    expect({ ...end, ...output.body }).toMatchObject({ status: 'failed', exit_code: 4, stdout: 'kept\n' });
    const stuck = await api.sh(id, 'sleep 60', { timeout_ms: 20 });
    expect(stuck).toMatchObject({ status: 'expired' });
    const missing = await api.start(id, ['no-such-program']);
    expect(await api.ended(id, missing.body.execution_id)).toMatchObject({ status: 'failed' });
    await api.change('DELETE', id);
    await api.phase(id, 'destroyed');
  });
});
