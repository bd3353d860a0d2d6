/** Destroying a machine as a kind of operation. */
import { declareKind } from '../../operations/kind.ts';
import { NOTHING_NEXT, phaseDetail, phaseResult } from '../result-fields.ts';
import { DESTROY, destroyInput, destroyWork } from './destroy.ts';

export const destroy = declareKind({
  name: DESTROY,
  input: destroyInput,
  result: phaseResult,
  work: destroyWork,
  words: {
    subject: 'Destroying the machine',
    noun: 'its destruction',
    details: ({ phase }) => [phaseDetail(phase)],
    next: () => NOTHING_NEXT,
  },
});
