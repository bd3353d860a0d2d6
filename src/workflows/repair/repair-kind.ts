/** Repairs as a kind of operation: what is wrong with an assistant, mended where that is safe. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import { chatNext, phaseDetail, phaseResult } from '../result-fields.ts';
import { REPAIR, repairInput, repairState, repairWork } from './repair.ts';
import { repairSummary } from './sentences.ts';

export const repair = declareKind({
  name: REPAIR,
  input: repairInput,
  state: repairState,
  result: phaseResult.extend({
    found: z.array(z.string()),
    done: z.array(z.string()),
    left: z.array(z.string()).describe('What only a person can decide or do.'),
  }),
  notBeside: ['configure', 'upgrade', 'restore', 'deploy'],
  work: repairWork,
  words: {
    subject: 'The repair',
    noun: 'a repair',
    details: ({ phase, found, done = [], left = [] }) => [
      phaseDetail(phase),
      found && repairSummary(found, done, left),
    ],
    next: ({ left = [], ...result }) =>
      left.length === 0 ? chatNext(result) : 'Do what is left, then call repair_openclaw again.',
    quotes: (_, { said }) =>
      typeof said === 'string' ? [{ label: 'what programs on the machine said', text: said }] : [],
  },
});
