/** `doctor --live` against the local API, in each generation and with every fault: each is told, and nothing is left. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, fileLedger, type Ledger } from '../../src/cli/doctor/live/ledger.ts';
import { liveCheck } from '../../src/cli/doctor/live/live.ts';
import { type Troubles, troubles } from '../../src/cli/doctor/live/troubles.ts';
import type { FaultsRequest } from '../../src/local/api/faults.ts';
import type { LocalSettings } from '../../src/local/options.ts';
import type { Runtime } from '../../src/local/runtimes/runtime.ts';
import { type Lab, type LabClient, PROVIDER_KEY, startLab } from '../support/lab.ts';
import { noRuntime } from '../support/no-runtime.ts';
import { type SkippingClock, skippingClock } from '../support/skipping-clock.ts';

type Faults = FaultsRequest['faults'];

interface Setting {
  settings?: LocalSettings;
  /** Whether a model provider is there to deploy with. */
  provider?: boolean;
  runtime?: Runtime;
  faults?: Faults;
}

interface Here {
  lab: Lab;
  agent: LabClient;
  clock: SkippingClock;
  troubles: Troubles;
}

let here: Here | undefined;
const closed = () => here?.lab.close();
afterEach(closed);

async function started({ settings, provider = false, runtime, faults = [] }: Setting = {}): Promise<Here> {
  const lab = await startLab({
    ...(settings && { settings }),
    ...(runtime && { runtime }),
    env: provider ? {} : { ANTHROPIC_API_KEY: undefined },
  });
  lab.local.api.faults.set({ faults });
  const [clock, seen] = [skippingClock(), troubles()];
  here = { lab, agent: await lab.connect({}, { clock, watch: seen.watch }), clock, troubles: seen };
  return here;
}

interface How {
  signal?: AbortSignal;
  ledger?: Ledger;
  note?: (text: string) => void;
}

async function check({ lab, agent, clock, troubles }: Here, how: How = {}) {
  let report = '';
  const code = await liveCheck({
    server: agent.assembled,
    troubles,
    ledger: how.ledger ?? fileLedger(lab.stateDir),
    clock,
    sources: [`${lab.registry.url}/dist/index.json`, lab.registry.url],
    longSeconds: 1,
    signal: how.signal ?? new AbortController().signal,
    note: how.note ?? (() => {}),
    print: (text) => {
      report += text;
    },
  });
  return { code, report };
}

async function machinesLeft({ agent }: Here): Promise<number> {
  const all = await agent.assembled.services.machines.list();
  return all.filter(({ phase }) => phase !== 'destroyed' && phase !== 'destroying').length;
}

/** What a report says beside what is assumed, and how long it took. */
function lineOf(report: string, what: string): { seen: string; seconds: number } {
  const row = report.split('\n').find((one) => one.startsWith(`| ${what} |`)) ?? '';
  const [, , seen = '', seconds = ''] = row.split(' | ');
  return { seen, seconds: Number.parseFloat(seconds) };
}

// Which request each of them strikes follows from what a check does, in this order.
const MENDED: readonly { fault: Faults[number]; what: string; seen: RegExp; atLeast?: number }[] = [
  {
    // The oldest generation first refuses the field autosleep.
    fault: { operation: 'create', times: 2, action: { type: 'html_body' } },
    ...{ what: 'create', seen: /autosleep was .*; on the way: (?:422, )?200 without JSON/ },
  },
  {
    fault: { operation: 'get', action: { type: 'unavailable' } },
    ...{ what: 'running', seen: /running; on the way: 503 DEPENDENCY_UNAVAILABLE$/ },
  },
  {
    fault: { operation: 'execution_create', action: { type: 'reset' } },
    ...{ what: 'guest answers', seen: /a command ran; on the way: no answer$/ },
  },
  {
    fault: { operation: 'execution_create', nth: 3, action: { type: 'slow', ms: 600 } },
    ...{ what: 'user, system, homes', seen: /HOME=/, atLeast: 0.6 },
  },
  {
    fault: { operation: 'execution_create', nth: 4, action: { type: 'refuse_execution' } },
    ...{
      what: 'tools of the image',
      seen: /bash .*; on the way: a command ended with machine_not_routable$/,
    },
  },
  {
    fault: { operation: 'execution_create', nth: 6, action: { type: 'lose_answer' } },
    ...{ what: 'stdin and env arrive unchanged', seen: /stdin 262144 env as-it-is; on the way: no answer$/ },
  },
  {
    fault: { operation: 'execution_create', nth: 8, action: { type: 'empty_body' } },
    ...{ what: 'a command that does nothing', seen: /\d+, \d+, \d+ ms; on the way: 200 without JSON$/ },
  },
  {
    fault: { operation: 'execution_output', times: 100, action: { type: 'truncate_output', bytes: 1_000 } },
    ...{ what: 'size of an output', seen: /^1000 of 1048576 characters came, said to be cut$/ },
  },
  {
    fault: { operation: 'execution_create', nth: 13, action: { type: 'expire_execution' } },
    ...{ what: 'the way to Node and npm', seen: /^timeout: .*; on the way: .*execution_timed_out$/ },
  },
  {
    fault: { operation: 'execution_create', nth: 14, action: { type: 'autosleep_now' } },
    ...{ what: 'a command that runs long', seen: /exit 0; on the way: a command found the machine asleep$/ },
  },
  {
    fault: { operation: 'port_create', action: { type: 'rate_limited' } },
    ...{ what: 'an address for a port', seen: /given by \w+; on the way: 429 RATE_LIMITED$/ },
  },
  {
    fault: { operation: 'sleep', action: { type: 'error_after' } },
    ...{ what: 'sleep with this key', seen: /slept; on the way: 500$/ },
  },
  {
    fault: { operation: 'wake', action: { type: 'signature_missing' } },
    ...{ what: 'wake with this key', seen: /^woken_by_execution; on the way: 401 AUTH_REQUIRED, / },
  },
  {
    fault: { operation: 'delete', action: { type: 'lose_answer' } },
    ...{ what: 'destroy', seen: /^destroyed; on the way: no answer/ },
  },
];

describe.each([1, 2, 3] as const)(
  'doctor --live, generation %i, where nearly every step meets a fault',
  (generation) => {
    let report = '';

    beforeAll(async () => {
      const lab = await started({ settings: { generation }, faults: MENDED.map(({ fault }) => fault) });
      const checked = await check(lab);
      report = checked.report;
      expect(checked.code, report).toBe(0);
      expect(await machinesLeft(lab)).toBe(0);
      expect(await fileLedger(lab.lab.stateDir).left()).toBeUndefined();
      await closed();
      here = undefined;
    });

    it.each(MENDED)('$fault.action.type is told in the line of "$what"', ({ what, seen, atLeast = 0 }) => {
      const line = lineOf(report, what);
      expect(line.seen, report).toMatch(seen);
      expect(line.seconds).toBeGreaterThanOrEqual(atLeast);
    });

    it('the rest is told as it is', () => {
      expect(lineOf(report, 'what survived the sleep').seen).toMatch(/no process/);
      expect(lineOf(report, 'deploy').seen).toMatch(/^not tried: no key/);
      expect(lineOf(report, 'an address for a port').seen).toMatch(
        generation === 3 ? /by ports/ : /by previews/,
      );
      expect(lineOf(report, 'create').seen).toMatch(generation === 1 ? /refused/ : /taken/);
    });
  },
);

/** The two minutes after which a machine counts as one that no host takes. */
async function waitedFor({ clock }: Here, noted: readonly string[]): Promise<void> {
  const polls = () => noted.includes('running') && clock.lengths().some((ms) => ms <= 2_000);
  await expect.poll(polls, { interval: 5 }).toBe(true);
  clock.skip(121_000);
}

const REFUSED = { type: 'refuse', status: 402, error_code: 'QUOTA_EXCEEDED', message: 'no' } as const;
const AT_ONCE: readonly { fault: Faults[number]; what: string; seen: RegExp; code: number; made?: number }[] =
  [
    {
      fault: { operation: 'create', action: REFUSED },
      ...{ what: 'create', seen: /^quota: .*; on the way: 402 QUOTA_EXCEEDED$/, code: 1, made: 0 },
    },
    {
      fault: { operation: 'create', action: { type: 'machine_failed', reason: 'StorageProvisioningFailed' } },
      ...{ what: 'running', seen: /^machine_failed: .*StorageProvisioningFailed/, code: 1 },
    },
    {
      fault: { operation: 'create', action: { type: 'machine_vanishes' } },
      ...{ what: 'guest answers', seen: /^machine_failed: .* gone/, code: 1 },
    },
    {
      fault: { operation: 'create', action: { type: 'stuck_placement' } },
      ...{ what: 'running', seen: /^machine_failed: No host took the machine/, code: 1 },
    },
    {
      fault: { operation: 'wake', action: { type: 'machine_failed', reason: 'RuntimeWakeFailed' } },
      ...{ what: 'wake with this key', seen: /^machine_failed: .*RuntimeWakeFailed/, code: 0 },
    },
    {
      fault: { operation: 'sleep', action: { type: 'signature_missing' }, times: 100 },
      ...{ what: 'sleep with this key', seen: /^unsupported: /, code: 0 },
    },
  ];

describe('doctor --live', () => {
  it.each(AT_ONCE)(
    '$fault.action.type at $fault.operation is told in the line of "$what", and nothing is left',
    async ({ fault, what, seen, code, made = 1 }) => {
      const lab = await started({ runtime: noRuntime, faults: [fault] });
      const noted: string[] = [];
      const checking = check(lab, { note: (text) => noted.push(text) });
      if (fault.action.type === 'stuck_placement') await waitedFor(lab, noted);
      const checked = await checking;
      expect(lineOf(checked.report, what).seen, checked.report).toMatch(seen);
      expect(checked.code).toBe(code);
      expect(await machinesLeft(lab)).toBe(0);
      expect(lineOf(checked.report, 'destroy').seen === '').toBe(made === 0);
    },
  );

  it('deploys and asks where there is a provider, and tells no key', async () => {
    const lab = await started({ provider: true });
    const { code, report } = await check(lab);
    expect(code, report).toBe(0);
    expect(report).toMatch(/\| deploy \| about a minute \| Deploying OpenClaw .* is done/);
    expect(report).toMatch(/\| one question \| answered \| .*are you there/);
    expect(report).not.toContain(PROVIDER_KEY);
    expect(await machinesLeft(lab)).toBe(0);
  });

  it('removes the machine after Ctrl-C', async () => {
    const lab = await started({ runtime: noRuntime });
    const ending = new AbortController();
    const note = (text: string) => {
      if (text === 'guest answers') ending.abort();
    };
    const { code, report } = await check(lab, { signal: ending.signal, note });
    expect(code).toBe(1);
    expect(report).toContain('ended by Ctrl-C');
    expect(await machinesLeft(lab)).toBe(0);
  });

  it.each([
    ['before it heard of the machine', false],
    ['after', true],
  ])('removes what a check left that was killed %s', async (_when, heard) => {
    const lab = await started();
    const { machines } = lab.agent.assembled.services;
    const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10, autosleep: '15m' };
    const { machineId } = await machines.create(spec, 'live-check-before');
    const ledger = fileLedger(lab.lab.stateDir);
    const entry: Entry = { key: 'live-check-before', ...(heard && { machineId }) };
    await ledger.write(entry);
    await check(lab, { signal: AbortSignal.abort() });
    expect(await machinesLeft(lab)).toBe(0);
  });

  it('names the command that removes what it could not', async () => {
    const lab = await started();
    lab.lab.local.api.faults.set({
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
    const { code, report } = await check(lab, { signal: ending.signal, note });
    expect(code).toBe(1);
    expect(report).toMatch(/A machine is left: Run `openclaw-dedalus-mcp destroy --machine \S+`/);
    expect(await fileLedger(lab.lab.stateDir).left()).toMatchObject({ machineId: expect.any(String) });
  });
});
