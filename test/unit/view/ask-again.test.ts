/** A host that hands over the words of a result alone: the data is asked for without beginning or changing anything. */
import { describe, expect, it } from 'vitest';
import { askAgain } from '../../../src/view/ask-again.ts';
import type { Call } from '../../../src/view/follow.ts';

const deploy = {
  operation_id: 'deploy_1',
  kind: 'deploy',
  status: 'ready',
  name: 'garden',
  machine_id: 'm-1',
  elapsed_seconds: 12.3,
};

async function asked(tool: string | undefined, input: object, words: string, answers: object | Error) {
  const calls: [string, object][] = [];
  const call: Call = async (name, args) => {
    calls.push([name, args]);
    if (answers instanceof Error) throw answers;
    return answers;
  };
  return { result: await askAgain({ tool, input: { ...input } }, words, call), calls };
}

describe('the data of a result', () => {
  it('comes from the operation that its words name', async () => {
    const words = 'Deploying is still running (stage boot, 3 s, operation_id deploy_1). Next: ...';
    const { result, calls } = await asked(undefined, {}, words, { structuredContent: deploy });
    expect(result).toMatchObject({ is: 'operation', operation: { id: 'deploy_1' } });
    expect(calls).toEqual([['get_operation', { operation_id: 'deploy_1', wait_seconds: 0 }]]);
  });

  it.each([
    ['gateway_status', { machine_id: 'm-1' }, { machine_id: 'm-1' }],
    [
      'get_operation',
      { operation_id: 'deploy_1', wait_seconds: 600 },
      { operation_id: 'deploy_1', wait_seconds: 0 },
    ],
  ])('comes from the same call where that only looks: %s', async (tool, input, again) => {
    const { calls } = await asked(tool, input, 'Every layer works.', { structuredContent: { layers: [] } });
    expect(calls).toEqual([[tool, again]]);
  });

  it('comes from what has ended lately where the call began something', async () => {
    const list = { structuredContent: { operations: [deploy] } };
    const words = 'Deploying on machine m-1 is done (12.3 s). Next: chat.';
    const { result, calls } = await asked('deploy_openclaw', { name: 'garden' }, words, list);
    expect(result).toMatchObject({ is: 'operation', operation: { id: 'deploy_1', status: 'ready' } });
    expect(calls).toEqual([['get_operation', {}]]);
  });

  it.each<[string, object | Error]>([
    ['refuses', new Error('no')],
    ['answers with words alone again', { content: [{ type: 'text', text: 'Every layer works.' }] }],
    ['answers with an error', { isError: true, content: [] }],
  ])('is not had where the host %s', async (_, answers) => {
    const { result } = await asked('gateway_status', {}, 'Every layer works.', answers);
    expect(result).toBeUndefined();
  });

  it.each([undefined, 'files', 'toString'])('is not asked for from %s', async (tool) => {
    const { result, calls } = await asked(tool, {}, 'Done.', { structuredContent: deploy });
    expect([result, calls]).toEqual([undefined, []]);
  });
});
