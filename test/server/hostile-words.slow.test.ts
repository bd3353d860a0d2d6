/** The same word in each single value of what a job says, in every shape that a grammar might let through. */
import { describe, expect, it } from 'vitest';
import { everyTool, honest, JOB, SHAPES } from '../support/hostile-words.ts';

type Shape = (typeof SHAPES)[number];
const [stage] = JOB.stages;

describe('words of a machine stand only where they may', () => {
  it.each<[string, (shape: Shape) => object]>([
    ['its state', (shape) => ({ state: shape(JOB.state) })],
    ['a stage', (shape) => ({ stages: [{ ...stage, name: shape('prepare') }] })],
    ['its error', (shape) => ({ result: { ...JOB.result, error: shape('locked') } })],
    ['its detail', (shape) => ({ result: { ...JOB.result, detail: shape('') } })],
    ['what it answers', (shape) => ({ state: 'done', result: { [shape('from')]: shape('x') } })],
    ['its log', (shape) => ({ log: shape('') })],
  ])('also where a job tells %s', async (_what, told) => {
    for (const shape of SHAPES) {
      const strayed = await everyTool((asked, env) =>
        asked === 'job_read' ? { reply: { ...JOB, ...told(shape) } } : honest(asked, env),
      );
      expect(strayed).toEqual([]);
    }
  });
});
