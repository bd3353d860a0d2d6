/** Two hundred machines: listed in time, in pages, and in texts that a model can take. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';

const COUNT = 200;

let lab: Lab;
let agent: LabClient;
beforeAll(async () => {
  lab = await startLab({ runtime: noRuntime, settings: { quota: 250 } });
  agent = await lab.connect();
  const { machines } = agent.assembled.services;
  const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10 };
  await Promise.all(Array.from({ length: COUNT }, (_, i) => machines.create(spec, `many-${i}`)));
});
afterAll(() => lab.close());

describe('two hundred machines', () => {
  it('are listed in two seconds, with a text of at most 8 kB', async () => {
    // Of the processor, by client, server and API together: other programs on the computer do not count.
    const before = process.cpuUsage();
    const asked = requests();
    const { texts, data } = await agent.call('list_machines', { limit: COUNT });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(2_000);
    // One list, and a bounded look at single machines.
    expect(requests() - asked).toBeLessThanOrEqual(65);
    expect(texts.join('').length).toBeLessThan(8_000);
    expect(data.machines).toHaveLength(COUNT);
    expect(data).toMatchObject({ total: COUNT, quota_used: COUNT, wasted: [] });
    expect(texts[0]).toContain('more of this page in the structured result');
  });

  it('come in pages, each machine once, and the text says how to go on', async () => {
    const seen = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < 10; page++) {
      const { data, texts } = await agent.call('list_machines', { limit: 80, ...(cursor && { cursor }) });
      for (const { machine_id } of rows(data.machines)) seen.add(machine_id);
      cursor = typeof data.next_cursor === 'string' ? data.next_cursor : undefined;
      if (cursor === undefined) break;
      expect(texts[0]).toContain(`cursor "${cursor}"`);
    }
    expect(seen.size).toBe(COUNT);
  });

  it('are resources in pages, too', async () => {
    const first = await agent.client.listResources();
    expect(first.resources).toHaveLength(100);
    const second = await agent.client.listResources({ cursor: String(first.nextCursor) });
    expect(second.resources[0]?.uri).not.toBe(first.resources[0]?.uri);
    await expect(agent.client.listResources({ cursor: 'elsewhere' })).rejects.toThrow(/no cursor/);
  });

  it('an outdated cursor is refused with what to do', async () => {
    const answer = await agent.call('list_machines', { cursor: 'dm-never-was' });
    expect(answer.isError).toBe(true);
    expect(answer.texts[0]).toContain('without cursor');
  });

  it('a call without machine_id says that there are many, in a short text', async () => {
    const answer = await agent.call('gateway_status');
    expect(answer.isError).toBe(true);
    expect(answer.texts.join('').length).toBeLessThan(2_000);
    expect(answer.texts[0]).toContain(`There are ${COUNT} machines`);
  });
});

/** Requests that the API has seen so far. */
function requests(): number {
  const counts: Record<string, number> = Object(lab.local.api.stats.document().requests);
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function rows(machines: unknown): { machine_id: string }[] {
  return Array.isArray(machines) ? machines : [];
}
