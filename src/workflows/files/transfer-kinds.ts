/** Files that are saved and sent, as kinds of operation. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import { machineResult, NOTHING_NEXT } from '../result-fields.ts';
import { SAVE, SEND, saveInput, saveWork, sendInput, sendWork } from './transfer.ts';

const carried = z.object({
  path: z.string().describe('On the machine.'),
  local: z.string().describe('On this computer.'),
  bytes: z.number(),
  sha256: z.string(),
});
const result = machineResult.extend({ carried });

export const save = declareKind({
  name: SAVE,
  input: saveInput,
  result,
  // Half of a state that is being replaced is nobody's file.
  notBeside: ['restore'],
  work: saveWork,
  words: {
    subject: 'Saving the file',
    noun: 'a file that is being saved',
    details: ({ carried: made }) => [
      made && `file ${made.local} (${made.bytes} bytes, sha256 ${made.sha256})`,
    ],
    next: () => NOTHING_NEXT,
  },
});

export const send = declareKind({
  name: SEND,
  input: sendInput,
  result,
  notBeside: ['restore'],
  work: sendWork,
  words: {
    subject: 'Sending the file',
    noun: 'a file that is being sent',
    details: ({ carried: made }) => [made && `${made.bytes} bytes, sha256 ${made.sha256}`],
    next: () => 'Call chat and name its path, so that the assistant looks at it.',
  },
});
