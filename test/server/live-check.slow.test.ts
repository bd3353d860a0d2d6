/** `doctor --live` against the local API, in each generation and with faults: a report, and nothing left. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Entry, fileLedger, type Ledger } from '../../src/cli/doctor/live/ledger.ts';
import { liveCheck } from '../../src/cli/doctor/live/live.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { LocalSettings } from '../../src/local/options.ts';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';

let lab: Lab | undefined;
afterEach(() => lab?.close());

interface Setting {
  settings?: LocalSettings;
  /** Whether a model provider is there to deploy with. */
  provider?: boolean;
}

async function started({
  settings,
  provider = false,
}: Setting = {}): Promise<{ lab: Lab; agent: LabClient }> {
  lab = await startLab({
    ...(settings && { settings }),
    env: provider ? {} : { ANTHROPIC_API_KEY: undefined },
  });
  return { lab, agent: await lab.connect() };
}

async function check(
  { lab: here, agent }: { lab: Lab; agent: LabClient },
  how: { signal?: AbortSignal; ledger?: Ledger; note?: (text: string) => void } = {},
) {
  let report = '';
  const code = await liveCheck({
    server: agent.assembled,
    ledger: how.ledger ?? fileLedger(here.stateDir),
    clock: systemClock,
    sources: [`${here.registry.url}/dist/index.json`, here.registry.url],
    longSeconds: 1,
    signal: how.signal ?? new AbortController().signal,
    note: how.note ?? (() => {}),
    print: (text) => {
      report += text;
    },
  });
  return { code, report };
}

async function machinesLeft({ agent }: { agent: LabClient }): Promise<number> {
  const all = await agent.assembled.services.machines.list();
  return all.filter(({ phase }) => phase !== 'destroyed' && phase !== 'destroying').length;
}

describe('doctor --live', () => {
  it.each([1, 2, 3] as const)('tells what generation %i does, and leaves nothing', async (generation) => {
    const here = await started({ settings: { generation } });
    const { code, report } = await check(here);
    expect(code, report).toBe(0);
    expect(report).toContain('| stdin and env arrive unchanged |');
    expect(report).toMatch(/stdin 262144 env as-it-is/);
    expect(report).toMatch(/\| what survived the sleep \|.*\| .*no process/);
    expect(report).toMatch(/\| deploy \| about a minute \| not tried: no key/);
    expect(report).toMatch(/\| destroy \|.*\| destroyed \|/);
    expect(await machinesLeft(here)).toBe(0);
    expect(await fileLedger(here.lab.stateDir).left()).toBeUndefined();
  });

  it('deploys and asks where there is a provider, and tells no key', async () => {
    const here = await started({ provider: true });
    const { code, report } = await check(here);
    expect(code, report).toBe(0);
    expect(report).toMatch(/\| deploy \| about a minute \| Deploying OpenClaw .* is done/);
    expect(report).toMatch(/\| one question \| answered \| .*are you there/);
    expect(report).not.toContain(PROVIDER_KEY);
    expect(await machinesLeft(here)).toBe(0);
  });

  it('goes on where sleep is closed to this key', async () => {
    const here = await started();
    const closed = { operation: 'sleep', action: { type: 'signature_missing' }, times: 100 } as const;
    here.lab.local.api.faults.set({ faults: [closed] });
    const { report } = await check(here);
    expect(report).toMatch(/\| sleep with this key \|[^|]*\| unsupported/);
    expect(report).toContain('| what survived the sleep |');
    expect(await machinesLeft(here)).toBe(0);
  });

  it('ends where the machine fails, and removes it', async () => {
    const here = await started();
    here.lab.local.api.faults.set({
      faults: [
        { operation: 'create', action: { type: 'machine_failed', reason: 'StorageProvisioningFailed' } },
      ],
    });
    const { code, report } = await check(here);
    expect(code).toBe(1);
    expect(report).toMatch(/\| running \|.*machine_failed/);
    expect(await machinesLeft(here)).toBe(0);
  });

  it('removes the machine after Ctrl-C', async () => {
    const here = await started();
    const ending = new AbortController();
    const note = (text: string) => {
      if (text === 'guest answers') ending.abort();
    };
    const { code, report } = await check(here, { signal: ending.signal, note });
    expect(code).toBe(1);
    expect(report).toContain('ended by Ctrl-C');
    expect(await machinesLeft(here)).toBe(0);
  });

  it.each([
    ['before it heard of the machine', false],
    ['after', true],
  ])('removes what a check left that was killed %s', async (_when, heard) => {
    const here = await started();
    const { machines } = here.agent.assembled.services;
    const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10, autosleep: '15m' };
    const { machineId } = await machines.create(spec, 'live-check-before');
    const ledger = fileLedger(here.lab.stateDir);
    const entry: Entry = { key: 'live-check-before', ...(heard && { machineId }) };
    await ledger.write(entry);
    await check(here, { signal: AbortSignal.abort() });
    expect(await machinesLeft(here)).toBe(0);
  });

  it('names the command that removes what it could not', async () => {
    const here = await started();
    here.lab.local.api.faults.set({
      faults: [
        {
          operation: 'delete',
          action: { type: 'refuse', status: 403, error_code: 'forbidden', message: 'no' },
          times: 100,
        },
      ],
    });
    const ending = new AbortController();
    const note = (text: string) => {
      if (text === 'guest answers') ending.abort();
    };
    const { code, report } = await check(here, { signal: ending.signal, note });
    expect(code).toBe(1);
    expect(report).toMatch(/A machine is left: Run `openclaw-dedalus-mcp destroy --machine \S+`/);
    expect(await fileLedger(here.lab.stateDir).left()).toMatchObject({ machineId: expect.any(String) });
  });
});
