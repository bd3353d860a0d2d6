/** A conversation, as read_session returns it. */
import { type Fields, fields, list, text } from './read.ts';

export type Talk = ReturnType<typeof talkOf>;
export type Message = Talk['messages'][number];

export function talkOf(data: Fields) {
  return {
    machineId: text(data.machine_id),
    session: text(data.session),
    messages: list(data.messages, (one) => {
      const { role, text: said, at } = fields(one);
      return typeof said === 'string' ? { role: text(role) ?? 'other', text: said, at: text(at) } : undefined;
    }),
  };
}
