/** Which way a change of version may go, and with which state. */
import { describe, expect, it } from 'vitest';
import { stateFor } from '../../../src/openclaw/upgrade.ts';

describe('a change of version', () => {
  it('upwards needs no kept state', () => {
    expect(stateFor('2026.7.1', '2026.9.6', [], false)).toBeUndefined();
  });
  it('downwards is refused unless it was asked for', () => {
    expect(() => stateFor('2026.9.6', '2026.7.1', ['2026.7.1'], false)).toThrowError(
      expect.objectContaining({ code: 'conflict', next: expect.stringContaining('allow_downgrade') }),
    );
  });
  it('downwards takes the newest kept state that the older version can read', () => {
    expect(stateFor('2026.9.6', '2026.7.1', ['2026.3.24', '2026.7.1', '2026.8.1'], true)).toBe('2026.7.1');
  });
  it('downwards is refused where the state would be lost without a word', () => {
    expect(() => stateFor('2026.9.6', '2026.3.24', ['2026.7.1'], true)).toThrowError(
      expect.objectContaining({
        code: 'conflict',
        message: expect.stringContaining('cannot read the state'),
      }),
    );
  });
  it('downwards within one month goes on with the state as it is', () => {
    expect(stateFor('2026.9.6', '2026.9.4', [], true)).toBeUndefined();
  });
});
