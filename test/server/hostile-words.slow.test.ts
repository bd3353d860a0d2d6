/** The same word in each single value of each answer, in every shape that a grammar might let through. */
import { describe, expect, it, vi } from 'vitest';
import { everyTool, HONEST, honest, SHAPES } from '../support/hostile-words.ts';

vi.setConfig({ testTimeout: 300_000 });

describe('words of a machine stand only where they may', () => {
  const fields = Object.entries(HONEST).flatMap(([script, { values = {} }]) =>
    Object.keys(values).map((name) => [script, name] as const),
  );
  it.each(fields)('also where %s tells its %s', async (script, name) => {
    for (const shape of SHAPES) {
      const strayed = await everyTool((asked, env) => {
        const told = honest(asked, env);
        if (asked !== script || typeof told === 'string') return told;
        return { ...told, values: { ...told.values, [name]: shape(told.values?.[name] ?? '') } };
      });
      expect(strayed).toEqual([]);
    }
  });
});
