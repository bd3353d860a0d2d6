/** The published recipe's client, which knows only `succeeded` and `failed`, meets the service it was written for. */
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { closeAll, type LocalClient, localApi } from './support/harness.ts';

afterEach(closeAll);

/** As the recipe's exec: loops on two of the four ends, throws stderr of a failure, trims stdout. */
async function exec(api: LocalClient, id: string, command: string): Promise<string> {
  const created = await api.start(id, ['/bin/bash', '-c', command], { timeout_ms: 120_000 });
  const url = `/v1/machines/${id}/executions/${created.body.execution_id}`;
  let execution = created.body;
  while (execution.status !== 'succeeded' && execution.status !== 'failed') {
    await systemClock.sleep(5);
    execution = (await api.get(url)).body;
  }
  const output = (await api.get(`${url}/output`)).body;
  if (execution.status === 'failed') throw new Error(String(output.stderr ?? 'exec failed'));
  return String(output.stdout ?? '').trim();
}

it.each([1, 2] as const)('on generation %i', async (generation) => {
  const api = await localApi({ generation, delays: { guest: 10 } });
  let machine = (await api.send('POST', '/v1/machines', { vcpu: 2, memory_mib: 4096, storage_gib: 10 })).body;
  const id = String(machine.machine_id);
  while (Object(machine.status).phase !== 'running') {
    await systemClock.sleep(5);
    machine = (await api.get(`/v1/machines/${id}`)).body;
  }
  // The recipe waits 5 s here; without, this service refuses too.
  await systemClock.sleep(20);
  expect(await exec(api, id, 'echo "  hello  "')).toBe('hello');
  await expect(exec(api, id, 'echo broken >&2; exit 2')).rejects.toThrow('broken');
  // Why the recipe's gateway never starts: pgrep -f finds the very shell that asks.
  const launch = 'pgrep -f openclaw-gateway-x > /dev/null && echo already || echo launched';
  expect(await exec(api, id, launch)).toBe('already');
});
