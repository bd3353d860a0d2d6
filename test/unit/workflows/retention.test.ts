/** What is forgotten of old work, and what must stay. */
import { expect, it } from 'vitest';
import type { OperationRecord } from '../../../src/operations/record.ts';
import { expired } from '../../../src/workflows/limits/retention.ts';

const NOW = Date.parse('2026-11-20T12:00:00Z');
const DAY = 24 * 3_600_000;

function record(id: string, days: number, more: Partial<OperationRecord> = {}): OperationRecord {
  const at = new Date(NOW - days * DAY).toISOString();
  const empty = { stages: [], notes: [], input: {}, state: {} };
  return { id, kind: 'turn', key: id, status: 'done', createdAt: at, updatedAt: at, ...empty, ...more };
}

const deploy = (
  id: string,
  days: number,
  machineId: string | undefined,
  more: Partial<OperationRecord> = {},
) => {
  const about = machineId === undefined ? {} : { machineId };
  const spec = { vcpu: 1, memoryMib: 2048, storageGib: 10 };
  return record(id, days, { kind: 'deploy', key: 'name', input: { name: 'name', spec }, ...about, ...more });
};

it.each<[what: string, records: OperationRecord[], forgotten: string[]]>([
  ['a turn of yesterday stays', [record('a', 1)], []],
  ['a turn of last week goes', [record('a', 8)], ['a']],
  ['what still runs stays, however old', [record('a', 80, { status: 'running' })], []],
  [
    'what was cancelled and not yet removed stays',
    [record('a', 80, { status: 'cancelled', unsettled: true })],
    [],
  ],
  [
    'the newest deploy of a machine stays, older ones go',
    [deploy('new', 8, 'm'), deploy('old', 9, 'm')],
    ['old'],
  ],
  ['each machine keeps its own', [deploy('a', 8, 'm1'), deploy('b', 9, 'm2')], []],
  ['a deploy that never had a machine goes', [deploy('a', 8, undefined, { status: 'failed' })], ['a']],
  [
    'with its machine destroyed, the deploy goes as well',
    [record('d', 8, { kind: 'destroy', key: 'm' }), deploy('a', 9, 'm')],
    ['d', 'a'],
  ],
])('%s', (_what, records, forgotten) => {
  expect(expired(records, NOW).map((one) => one.id)).toEqual(forgotten);
});

it('of one busy day the newest 500 stay, and beyond them what still runs and what carries a name', () => {
  const day = Array.from({ length: 700 }, (_, n) => record(`turn-${n}`, 0.5));
  const older = [record('running', 1, { status: 'running' }), deploy('named', 1, 'm')];
  expect(expired([...day, ...older], NOW)).toEqual(day.slice(500));
});
