/** A conversation, as read_session returns it. */
import { type Fields, fields, list, text } from './read.ts';

export interface Message {
  role: string;
  text: string;
  at: string | undefined;
}

export interface Talk {
  machineId: string | undefined;
  session: string | undefined;
  messages: Message[];
}

export function talkOf(data: Fields): Talk {
  return {
    machineId: text(data.machine_id),
    session: text(data.session),
    messages: list(data.messages, (one) => {
      const { role, text: said, at } = fields(one);
      return typeof said === 'string' ? { role: text(role) ?? 'other', text: said, at: text(at) } : undefined;
    }),
  };
}
