/** Three computers that deploy one name at once: each is told of the others, and all of the same one to use. */
import { expect, it } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { twinNote } from '../../../src/workflows/deploy/same-name.ts';

type Deps = Parameters<typeof twinNote>[0];

const at = (minute: number) => `2026-11-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
const machine = (machineId: string, createdAt: string | undefined, phase = 'running') => ({
  machineId,
  createdAt,
  phase,
});

function cloud(
  all: readonly object[],
  names: Record<string, string | AppError>,
): { deps: Deps; looked: string[] } {
  const looked: string[] = [];
  const probe = async (id: string) => {
    looked.push(id);
    const name = names[id];
    if (name instanceof AppError) throw name;
    return { deployment_name: name };
  };
  return {
    deps: { machines: { list: async () => all }, openclaw: { probe } } as Partial<Deps> as Deps,
    looked,
  };
}

it('every one of them names the others and the oldest', async () => {
  const all = [machine('dm-b', at(1)), machine('dm-a', at(0)), machine('dm-c', at(1))];
  const { deps } = cloud(all, { 'dm-a': 'mine', 'dm-b': 'mine', 'dm-c': 'mine' });
  for (const id of ['dm-a', 'dm-b', 'dm-c']) {
    const note = await twinNote(deps, 'mine', id, {});
    expect(note).toContain('The one to use is the oldest, dm-a');
    const others = ['dm-a', 'dm-b', 'dm-c'].filter((each) => each !== id);
    for (const other of others) expect(note).toContain(other);
  }
});

it('machines of other names, of other times, asleep or silent are no twins; the old ones are not even looked at', async () => {
  const all = [
    machine('dm-own', at(0)),
    machine('dm-other', at(1)),
    machine('dm-old', '2026-10-01T00:00:00.000Z'),
    machine('dm-undated', undefined),
    machine('dm-asleep', at(1), 'sleeping'),
    machine('dm-silent', at(1)),
  ];
  const { deps, looked } = cloud(all, {
    'dm-other': 'theirs',
    'dm-silent': new AppError('timeout', 'no answer'),
  });
  expect(await twinNote(deps, 'mine', 'dm-own', {})).toBeUndefined();
  expect(looked.sort()).toEqual(['dm-other', 'dm-silent']);
});

it('a list that fails is no reason to fail the deploy', async () => {
  const { deps } = cloud([], {});
  deps.machines.list = async () => Promise.reject(new AppError('unavailable', 'not now'));
  expect(await twinNote(deps, 'mine', 'dm-own', {})).toBeUndefined();
});
