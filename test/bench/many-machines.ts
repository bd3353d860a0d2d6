/** list_machines with two hundred machines: time, and whether the server's memory stays flat. */
import { randomUUID } from 'node:crypto';
import { startLab } from '../support/lab.ts';
import { RawClient } from '../support/raw-client.ts';
import { treeMemory } from './start-up.ts';

const MACHINES = 200;
/** V8's heap grows to its usual size within the first hundred; what is still kept of a list shows in the ones after. */
const WARM_UP = 150;
const LISTS = 40;

export async function listManyMachines(): Promise<{ seconds: number; grownMib: number; textLength: number }> {
  const lab = await startLab({ settings: { quota: MACHINES + 1 } });
  const agent = new RawClient([], { PATH: process.env.PATH ?? '', ...lab.env });
  try {
    await agent.initialize();
    for (let i = 0; i < MACHINES; i++) {
      await fetch(`${lab.local.baseUrl}/v1/machines`, {
        method: 'POST',
        headers: {
          'x-api-key': lab.local.apiKey,
          'idempotency-key': randomUUID(),
          'content-type': 'application/json',
        },
        body: JSON.stringify({ vcpu: 1, memory_mib: 512, storage_gib: 2, autosleep: 'never' }),
      });
    }
    let text = '';
    for (let i = 0; i < WARM_UP; i++) text = (await agent.call('list_machines')).content[0]?.text ?? '';
    const before = treeMemory(agent.child.pid ?? 0);
    const start = performance.now();
    for (let i = 0; i < LISTS; i++) await agent.call('list_machines');
    const seconds = (performance.now() - start) / 1000 / LISTS;
    const grownMib = Math.max(0, treeMemory(agent.child.pid ?? 0) - before);
    return { seconds, grownMib, textLength: text.length };
  } finally {
    await agent.close();
    await lab.close();
  }
}
