/** What the page makes of results: as the tools type them, and as nobody should send them. */
import { describe, expect, it } from 'vitest';
import { operationOutput } from '../../../src/tools/operation-output.ts';
import { operationOf } from '../../../src/view/told/operation.ts';
import { readResult } from '../../../src/view/told/results.ts';

// As the tools' own schema lets it through: a field that is renamed there is missed here.
const repair = operationOutput.parse({
  status: 'done',
  operation_id: 'repair_1',
  kind: 'repair',
  stage: 'mend',
  stages: [
    { name: 'look', seconds: 1.5 },
    { name: 'mend', seconds: 2 },
  ],
  elapsed_seconds: 3.5,
  notes: ['One note.'],
  next: 'Call chat.',
  machine_id: 'm-1',
  found: ['The configuration is invalid'],
  done: ['Put it back'],
  left: ['Look at the disk'],
  openclaw_version: '2026.9.6',
});

describe('an operation', () => {
  it('is read as the tools return it', () => {
    expect(operationOf(repair)).toMatchObject({
      id: 'repair_1',
      status: 'done',
      stages: repair.stages,
      machineId: 'm-1',
      lists: [
        { what: 'Found', entries: ['The configuration is invalid'] },
        { what: 'Mended', entries: ['Put it back'] },
        { what: 'Left for a person', entries: ['Look at the disk'] },
      ],
      facts: [
        { what: 'Machine', value: 'm-1' },
        { what: 'OpenClaw', value: '2026.9.6' },
      ],
    });
  });

  it('tells the files of a turn, and where one was saved', () => {
    const files = [{ path: 'a/b.pdf', bytes: 3, type: 'application/pdf' }];
    const turn = operationOutput.parse({ ...repair, kind: 'turn', files, files_note: 'more' });
    expect(operationOf(turn)).toMatchObject({ made: files, madeNote: 'more' });
    const carried = { path: 'a/b.pdf', local: '/home/me/b.pdf', bytes: 3, sha256: 'x' };
    const save = operationOutput.parse({ ...repair, kind: 'save', carried });
    expect(operationOf(save)).toMatchObject({ made: [], saved: '/home/me/b.pdf' });
  });

  it('is none without an id or a known status', () => {
    expect(operationOf({ ...repair, operation_id: 5 })).toBeUndefined();
    expect(operationOf({ ...repair, status: 'exploded' })).toBeUndefined();
  });

  it('loses a confirmation before anything keeps it, wherever the sentence stands', () => {
    const secret =
      'Call backup_openclaw with the same file and confirmation "c1.123.secret" within ten minutes.';
    const failed = {
      ...repair,
      status: 'failed',
      next: secret,
      notes: [secret],
      error: { code: 'conflict', message: secret },
    };
    expect(JSON.stringify(operationOf(failed))).not.toContain('c1.123.secret');
    const refused = readResult({ isError: true, content: [{ type: 'text', text: secret }] });
    expect(refused).toMatchObject({ is: 'failure', message: expect.stringContaining('confirmation within') });
  });
});

describe('a result', () => {
  it.each([
    ['machines', { machines: [{ machine_id: 'm-1', phase: 'running' }, { phase: 'no id' }, 5], total: 2 }],
    ['status', { layers: [{ name: 'machine', state: 'ok', detail: '' }, null], machine_id: 'm-1' }],
    ['talk', { messages: [{ role: 'user', text: 'hi' }, { role: 'user' }] }],
    ['operations', { operations: [repair, {}] }],
    ['operation', repair],
  ])('of %s is told by what it holds', (is, structuredContent) => {
    const read = readResult({ structuredContent });
    expect(read.is).toBe(is);
    const [entries] = Object.values(
      Object.values(read).find((value) => typeof value === 'object') ?? {},
    ).filter(Array.isArray);
    if (is === 'machines' || is === 'talk') expect(entries).toHaveLength(1);
  });

  it.each([undefined, null, 'text', [], 5, { status: 'confirmation_needed', confirmation: 'c1' }])(
    'that is %j is nothing to look at',
    (structuredContent) => expect(readResult({ structuredContent })).toEqual({ is: 'strange', said: [] }),
  );

  it('without its data is at least its words, and no confirmation among them', () => {
    const content = [
      { type: 'text', text: 'Restoring waits. Next: confirmation "c1.123.secret" within ten minutes.' },
      { type: 'text', text: 'what a stranger wrote' },
    ];
    expect(readResult({ content })).toEqual({
      is: 'strange',
      message: 'Restoring waits. Next: confirmation within ten minutes.',
      said: ['what a stranger wrote'],
    });
  });
});
