/** What a machine says stands in named fields of text and in fences: in no sentence, key, id or title of ours. */
import { describe, expect, it } from 'vitest';
import { hostileMachine } from '../support/hostile-machine.ts';
import { hostileServer } from '../support/hostile-server.ts';
import { everyTool, honest, strays, WORD } from '../support/hostile-words.ts';
import { autoClock } from '../support/manual-clock.ts';

describe('words of a machine', () => {
  it('stand only where they may, in what is always a stranger to us', async () => {
    expect(await everyTool(honest)).toEqual([]);
  });

  it.each(['error', 'detail'])('also where a script fails with an unknown %s', async (name) => {
    const values = { error: name === 'error' ? WORD : 'locked' };
    expect(await everyTool(() => ({ values, blobs: { detail: WORD } }))).toEqual([]);
  });

  it('also as what is no answer of a script', async () => {
    expect(await everyTool(() => `${WORD}\n${WORD}=${WORD}\n`)).toEqual([]);
  });
});

describe('words of an API', () => {
  it.each([
    ['id', { machine_id: `dm-1\n${WORD}` }],
    ['reason', { status: { phase: 'running', reason: WORD, last_error: WORD, last_transition_at: WORD } }],
    ['runtime', { runtime: WORD, created_at: WORD, desired_state: WORD }],
  ])('as its %s', async (_, document) => {
    const { call } = await hostileServer(hostileMachine(honest, document), autoClock(9_000));
    for (const tool of ['list_machines', 'gateway_status', 'destroy_machine']) {
      const id = tool === 'list_machines' ? {} : { machine_id: 'dm-1' };
      expect(strays(await call(tool, id))).toEqual([]);
    }
  });
});

it('a person is offered no words of a machine to complete with', async () => {
  const { client, call } = await hostileServer(hostileMachine(honest), autoClock(9_000));
  await call('chat', { machine_id: 'dm-1', message: 'hi', session: 'holiday' });
  const { completion } = await client.complete({
    ref: { type: 'ref/resource', uri: 'openclaw://machines/{machine_id}/sessions/{session}' },
    argument: { name: 'session', value: '' },
    context: { arguments: { machine_id: 'dm-1' } },
  });
  expect(completion.values).toEqual(['holiday']);
  expect(JSON.stringify(await client.listResources())).not.toContain(WORD);
});
