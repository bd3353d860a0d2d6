/** Hosts pass on to the page what others were answered too: what it stands beside stays its own call. */
import { describe, expect, it } from 'vitest';
import { type Beside, heard, UNTOLD } from '../../../src/view/beside.ts';

const machines = { structuredContent: { machines: [] } };
const status = { structuredContent: { layers: [], machine_id: 'm-1' } };
const operations = { structuredContent: { operations: [] } };
const words = { content: [{ type: 'text', text: 'One machine.' }] };
const failure = { isError: true, ...words };

const told = (...all: Partial<Beside>[]) => all.reduce(heard, UNTOLD);

describe('the call that the page stands beside', () => {
  it('is known by what is told of it', () => {
    const input = { machine_id: 'm-1' };
    expect(told({ tool: 'gateway_status' }, { input }, { result: status })).toEqual({
      tool: 'gateway_status',
      input,
      result: status,
      cancelled: false,
    });
  });

  it('keeps its arguments and its result when those of other calls come after them', () => {
    const own = [{ tool: 'list_machines' }, { input: {} }, { result: machines }];
    const after = told(
      ...own,
      { input: { machine_id: 'm-1' } },
      { result: status },
      { tool: 'gateway_status' },
    );
    expect(after).toEqual(told(...own));
  });

  it('keeps an error as its result', () => {
    expect(told({ tool: 'gateway_status' }, { result: failure }, { result: status }).result).toBe(failure);
  });

  it.each([
    ['deploy_openclaw', undefined],
    ['chat', undefined],
    // Its own result, and one of a host that does not say whose it is.
    ['get_operation', operations],
    [undefined, operations],
  ])('takes a list of operations for the answer of %s: %j', (tool, result) => {
    expect(told({ tool }, { result: operations }).result).toBe(result);
  });

  it('takes data in place of words, and never words in place of data', () => {
    expect(told({ result: words }, { result: machines }).result).toBe(machines);
    expect(told({ result: machines }, { result: words }).result).toBe(machines);
    expect(told({ result: words }, { result: { content: [] } }).result).toBe(words);
  });
});
