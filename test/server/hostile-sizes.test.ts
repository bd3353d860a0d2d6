/** Sizes, counts and pace that a machine claims: everything is bounded by our own numbers. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Answers, hostileMachine } from '../support/hostile-machine.ts';
import { hostileServer } from '../support/hostile-server.ts';
import { autoClock } from '../support/manual-clock.ts';

// Pauses cost nothing; what waits for ten seconds or more, as a call for its result, waits for real work.
const unhurried = () => autoClock(9_000);

const PROBE = {
  ...{ home: '/home/machine', arch: 'x64', port: 18789, memory_total_mib: 4096, memory_available_mib: 3000 },
  ...{ disk_free_mib: 8000, disk_used_mib: 900, node_version: '24.11.1', openclaw_version: '2026.9.6' },
  ...{ has_worked: true, has_state: true, config: 'valid', modes: {}, process: 'running', listening: true },
  ...{
    health: 'live',
    ready: 'yes',
    startup: 'json',
    authenticated: 'yes',
    jobs_running: [],
    interrupted: [],
  },
};

/** A machine with an assistant, whose `job_read` and the rest are the test's. */
const machineThat =
  (answers: Answers): Answers =>
  (script, env) => {
    if (script === 'probe') return { reply: PROBE };
    return script === 'job_start' ? { reply: { started: true } } : answers(script, env);
  };

/** What the machine's own program says of a turn, beside what is told of it here. */
const turn = (told: object) => {
  const plain = { state: 'done', now_ms: 1, sent: true, disk_full: false, answer: '', next: 0, more: false };
  return { blobs: { reply: JSON.stringify({ ...plain, http: 200, curl_exit: 0, ...told }) } };
};

/** What the machine's own program says of a job, beside what is told of it here. */
const job = (told: object) => ({
  reply: { state: 'running', now: 1, stages: [], result: {}, log: '', ...told },
});

const claim = (bytes: string) =>
  `{"bytes":${bytes},"sha256":"${'a'.repeat(64)}","iv":"${'b'.repeat(32)}","left_out":0}`;

function packed(bytes: string): Answers {
  return machineThat((script) =>
    script === 'job_read' ? job({ state: 'done', result: { packed: claim(bytes) } }) : { values: {} },
  );
}

describe('a backup', () => {
  it.each(['1000000000000000', '2000000000000', '1e400', '-1', 'NaN', '17179869185'])(
    'that claims %s bytes fails, leaves no file, and its record harms no later server',
    async (bytes) => {
      const machine = hostileMachine(packed(bytes));
      const { call, stateDir } = await hostileServer(machine, unhurried());
      const result = await call('backup_openclaw', { machine_id: 'dm-1' });
      expect(result.structuredContent).toMatchObject({
        ...{ status: 'failed', kind: 'backup' },
        error: {
          message: expect.stringMatching(/larger than 16 GiB|account of a backup|form that is not known/),
        },
      });
      expect(machine.asked.length).toBeLessThan(40);
      expect(await readdir(join(stateDir, 'backups'))).toEqual([]);
    },
  );

  it('whose claim an older server believed ends in the next one', async () => {
    const machine = hostileMachine(packed('1000000000000000'));
    const first = await hostileServer(machine, unhurried());
    const record = await first.assembled.services.operations.start({
      ...{ kind: 'backup', key: 'dm-1', machineId: 'dm-1' },
      input: { machineId: 'dm-1', file: join(first.stateDir, 'backups', 'a.tar.gz') },
      state: { packed: { bytes: 1e15, sha256: 'a'.repeat(64), iv: 'b'.repeat(32), version: '2026.9.6' } },
    });
    const { call } = await hostileServer(machine, unhurried(), first.stateDir);
    const result = await call('get_operation', { operation_id: record.id });
    expect(result.structuredContent).toMatchObject({ status: 'failed' });
  });
});

describe('a file that is saved', () => {
  it.each([
    ['nothing', 0],
    ['less than was asked for', 100],
    ['more', 2_000_000],
  ])('whose pieces hold %s fails, and nothing of it stays', async (_, bytes) => {
    const data = Buffer.alloc(bytes, 'x');
    const sha256 = createHash('sha256').update(data).digest('hex');
    const piece = { data: data.toString('base64'), sha256 };
    const replies: Record<string, object> = {
      file_look: { path: 'report', kind: 'file', bytes: 1_000_000, mark: 'm' },
      file_piece: piece,
    };
    const machine = hostileMachine(machineThat((script) => ({ reply: replies[script] ?? {} })));
    const { call, stateDir } = await hostileServer(machine, unhurried());
    const result = await call('files', { action: 'save', machine_id: 'dm-1', path: 'report' });
    expect(result.structuredContent).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/damaged/) },
    });
    expect(await readdir(join(stateDir, 'files'))).toEqual([]);
  });
});

describe('a machine that says "not yet" at once', () => {
  const SPAN_MS = 20_000;

  it.each([
    ['of a turn', 'chat', { message: 'hi' }, turn({ state: 'running' })],
    ['of a job', 'backup_openclaw', {}, job({ state: 'running' })],
  ])('is asked about it at our own pace: %s', async (_, tool, args, printed) => {
    const machine = hostileMachine(machineThat(() => printed));
    const clock = unhurried();
    const { call } = await hostileServer(machine, clock);
    const begun = clock.elapsed();
    await call(tool, { machine_id: 'dm-1', wait_seconds: 0, ...args });
    while (clock.elapsed() - begun < SPAN_MS) await new Promise((resolve) => setTimeout(resolve, 5));
    // Up to four requests for one look.
    const looks = machine.asked.length / 4 / ((clock.elapsed() - begun) / 1000);
    expect(looks).toBeLessThan(1.5);
  });
});

describe('a reply', () => {
  it('that never ends is given up at a size of ours', async () => {
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content: 'x'.repeat(20_000) } }] })}\n\n`;
    let next = 0;
    const machine = hostileMachine(
      machineThat((script) => {
        if (!script.startsWith('turn_')) return { values: {} };
        next += 4_000_000;
        return turn({ state: 'done', next, more: true, answer: piece });
      }),
    );
    const { call } = await hostileServer(machine, unhurried());
    const result = await call('chat', { machine_id: 'dm-1', message: 'hi' });
    expect(result.structuredContent).toMatchObject({ status: 'failed', error: { code: 'unsupported' } });
    expect(machine.asked.length).toBeLessThan(200);
  });

  it('that is said to go on, and does not, is over', async () => {
    const answer = `data: {"choices":[{"delta":{"content":"all"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`;
    const machine = hostileMachine(machineThat(() => turn({ state: 'done', more: true, answer })));
    const { call } = await hostileServer(machine, unhurried());
    const result = await call('chat', { machine_id: 'dm-1', message: 'hi' });
    expect(result.structuredContent).toMatchObject({ status: 'done', reply: 'all' });
  });
});

describe('an answer that unpacks to more than it carries', () => {
  const bomb = gzipSync(Buffer.alloc(15 * 1024 * 1024)).toString('base64');
  it.each([
    ['one', 1],
    ['a hundred', 100],
  ])('is refused: %s', async (_, count) => {
    const lines = Array.from({ length: count }, (__, index) => `b${index}@=${bomb}`);
    const stdout = ['http=200', ...lines, `body@=${bomb}`, 'end=', ''].join('\n');
    const machine = hostileMachine(() => stdout);
    const { call } = await hostileServer(machine, unhurried());
    const result = await call('list_sessions', { machine_id: 'dm-1' });
    expect(result.isError).toBe(true);
  });
});

describe('a list of files', () => {
  it('is one name a line, bounded, however many and long the machine tells', async () => {
    const name = `a\n2026-01-01T00:00:00Z 1 bytes b${'x'.repeat(5_000)}`;
    const entry = { name, kind: 'file', bytes: 1, changed_ms: 9e15 };
    const reply = {
      path: `w\n${'y'.repeat(9_000)}`,
      entries: Array(2_000).fill(entry),
      total: 5,
      more: false,
      odd: 0,
    };
    const { call } = await hostileServer(hostileMachine(machineThat(() => ({ reply }))), unhurried());
    const result = await call('files', { machine_id: 'dm-1' });
    const { entries, path } = Object(result.structuredContent);
    expect(entries).toHaveLength(100);
    expect(entries[0].name).toMatch(/^a [^\n]{0,253}…$/);
    expect(path).toMatch(/^w [^\n]{0,998}…$/);
    expect(JSON.stringify(result).length).toBeLessThan(100_000);
  });

  it('and a text that is longer than was asked for is cut', async () => {
    const reply = { path: 'a', bytes: 9e15, next: 0, text: 'x'.repeat(1_000_000) };
    const { call } = await hostileServer(hostileMachine(machineThat(() => ({ reply }))), unhurried());
    const result = await call('files', { machine_id: 'dm-1', action: 'read', path: 'a' });
    expect(JSON.stringify(result).length).toBeLessThan(40_000);
    expect(result.structuredContent).not.toHaveProperty('next_offset');
  });
});

describe('JSON nested 60,000 deep', () => {
  const deep = `${'{"a":['.repeat(30_000)}${']}'.repeat(30_000)}`;

  it('that a command printed is told as text', async () => {
    const reply = { exit_code: 0, timed_out: false, stdout: deep, stderr: '', left_out: 0 };
    const { call } = await hostileServer(hostileMachine(machineThat(() => ({ reply }))), unhurried());
    const result = await call('run_openclaw', { machine_id: 'dm-1', args: ['status', '--json'] });
    expect(result.structuredContent).toMatchObject({
      exit_code: 0,
      stdout: expect.stringContaining('{"a":['),
    });
    expect(result.structuredContent).not.toHaveProperty('json');
  });

  it('in an answer is one that cannot be read', async () => {
    const reply = `{"exit_code":0,"timed_out":false,"stdout":"","stderr":"","left_out":0,"more":${deep}}`;
    const { call } = await hostileServer(
      hostileMachine(machineThat(() => ({ blobs: { reply } }))),
      unhurried(),
    );
    const result = await call('run_openclaw', { machine_id: 'dm-1', args: ['status'] });
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).toMatch(/not known/);
    expect(JSON.stringify(result)).not.toMatch(/defect/);
  });

  it('from the client is refused, or taken as the text that it is', async () => {
    const { call } = await hostileServer(hostileMachine(machineThat(() => ({ reply: {} }))), unhurried());
    const result = await call('configure_openclaw', { machine_id: 'dm-1', set: deep });
    expect(result).toMatchObject({ isError: true });
    expect(JSON.stringify(result)).not.toMatch(/defect/);
  });
});
