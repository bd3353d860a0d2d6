/** list_machines with two hundred machines: time, and what it does to this process's memory. */
import { randomUUID } from 'node:crypto';
import { startLab } from '../support/lab.ts';

const MACHINES = 200;
const LISTS = 10;

export async function listManyMachines(): Promise<{ seconds: number; grownMib: number; textLength: number }> {
  const lab = await startLab({ settings: { quota: MACHINES + 1 } });
  try {
    const agent = await lab.connect();
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
    const { texts } = await agent.call('list_machines');
    const before = process.memoryUsage().rss;
    const start = performance.now();
    for (let i = 0; i < LISTS; i++) await agent.call('list_machines');
    const seconds = (performance.now() - start) / 1000 / LISTS;
    const grownMib = Math.max(0, process.memoryUsage().rss - before) / 1024 / 1024;
    return { seconds, grownMib, textLength: texts.join('').length };
  } finally {
    await lab.close();
  }
}
