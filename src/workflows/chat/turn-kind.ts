/** Chat turns as a kind of operation: one message and its reply. */
import * as z from 'zod';
import { plainText } from '../../core/text.ts';
import { FINISH_REASONS } from '../../gateway/ports.ts';
import { declareKind } from '../../operations/kind.ts';
import { machineResult, modelName } from '../result-fields.ts';
import { madeDetail, madeFields, madeQuotes, savingNext } from './made-files.ts';
import { TURN, turnInput, turnState, turnWork } from './turn.ts';

/** Said only where the reply may be less than the person expects. */
const FINISHED: Partial<Record<(typeof FINISH_REASONS)[number], string>> = {
  length: "the reply was cut at the model's limit of output",
  content_filter: "the provider's content filter ended the reply",
};

export const turn = declareKind({
  name: TURN,
  input: turnInput,
  state: turnState,
  result: machineResult.extend({
    model: modelName,
    session: z.string(),
    usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number(), total_tokens: z.number() }),
    finish_reason: z
      .enum(FINISH_REASONS)
      .describe('Why the model stopped; "length": its limit of output cut the reply.'),
    reply: z
      .string()
      .overwrite(plainText)
      .describe('Written by the assistant; partial while status is running.'),
    ...madeFields,
  }),
  early: ({ input: { model, session } }) => ({ model, session }),
  work: turnWork,
  words: {
    subject: 'The chat turn',
    noun: 'a chat turn',
    details: ({ finish_reason, files, files_note }) => [
      finish_reason && FINISHED[finish_reason],
      madeDetail(files),
      files_note,
    ],
    next: ({ files }) =>
      `${savingNext(files)}Call chat with the same session to go on, or read_session for the whole of it.`,
    quotes: ({ reply, files }) => [
      ...(reply === undefined ? [] : [{ label: 'reply of the assistant', text: reply }]),
      ...madeQuotes(files),
    ],
    fromOthers: ({ reply, model, files }) => [
      ...(reply === undefined ? [] : ['reply']),
      ...(model === undefined ? [] : ['model']),
      ...(files === undefined ? [] : ['files.path']),
    ],
  },
});
