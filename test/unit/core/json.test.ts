import { describe, expect, it } from 'vitest';
import { isDeep, MAX_LEVELS, parseJson } from '../../../src/core/json.ts';
import { parseJson5 } from '../../../src/core/json5.ts';
import { redactDeep } from '../../../src/core/redact.ts';

const lists = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

describe('JSON of strangers', () => {
  it.each([lists, objects])('is read as deep as anything real, and no deeper', (nested) => {
    const value = parseJson(nested(MAX_LEVELS));
    expect(value).toBeDefined();
    expect(redactDeep((text) => text, value)).toEqual(value);
    for (const levels of [MAX_LEVELS + 1, 60_000, 2_000_000]) {
      expect(parseJson(nested(levels))).toBeUndefined();
    }
    expect(parseJson5(nested(60_000))).toBeUndefined();
    expect(parseJson5(`/* mine */ ${nested(60_000)}`)).toBeUndefined();
  });

  it('may be as wide as it is, and brackets in its strings are text', () => {
    const wide = JSON.stringify(Array.from({ length: 50_000 }, () => ({ a: [] })));
    expect(parseJson(wide)).toHaveLength(50_000);
    const said = { said: `${'[{'.repeat(1_000)} "\\" ${'[{'.repeat(1_000)}\\` };
    expect(parseJson(JSON.stringify(said))).toEqual(said);
    expect(parseJson5(`{said: '${'['.repeat(1_000)}', /* ${'{'.repeat(1_000)} */}`)).toEqual({
      said: '['.repeat(1_000),
    });
  });

  it.each(['', '"', '"\\', '[', '{"a', 'x'])('%j is none', (text) => {
    expect([parseJson(text), isDeep(text)]).toEqual([undefined, false]);
  });

  it('is told from null, which it may be', () => {
    expect([parseJson('null'), parseJson(undefined)]).toEqual([null, undefined]);
  });
});
