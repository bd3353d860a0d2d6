/** Telegram's Bot API on loopback: one bot, one person who writes to it, and everything that the bot sent. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface SentMessage {
  chatId: number;
  text: string;
}

export interface StandInTelegram {
  /** The Bot API's root: the value for TELEGRAM_API_BASE_URL. */
  url: string;
  /** Every message that the bot sent, in its last edition, oldest first. */
  sent: readonly SentMessage[];
  /** Methods called so far, oldest first. */
  calls: readonly string[];
  /** A person's private message to the bot. */
  say(text: string, from?: number): void;
  /** The first message of the bot that `fits`, now or later. */
  heard(fits: (message: SentMessage) => boolean): Promise<SentMessage>;
  close(): Promise<void>;
}

type Fields = Record<string, unknown>;

const PERSON = 4_711_000;
// A real long poll waits up to 50 s; the bot asks again at once.
const LONGEST_POLL_MS = 5_000;

/** Starts listening on 127.0.0.1. @param token of the only bot; every other one is refused as Telegram does. */
export async function startStandInTelegram(token: string): Promise<StandInTelegram> {
  const updates: { update_id: number }[] = [];
  const sent: (SentMessage & { id: number })[] = [];
  const calls: string[] = [];
  const polls = new Set<() => void>();
  const listeners = new Set<() => void>();
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => answer(response, 500, String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the stand-in has no TCP address');

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://telegram');
    const [, bot, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(decodeURIComponent(url.pathname)) ?? [];
    const fields = { ...Object.fromEntries(url.searchParams), ...(await body(request)) };
    if (bot !== token) return answer(response, 401, 'Unauthorized');
    calls.push(method);
    if (method === 'getUpdates') return poll(response, fields);
    answer(response, 200, undefined, result(method, fields));
  }

  function result(method: string, fields: Fields): unknown {
    switch (method) {
      case 'getMe':
        return { id: 4242, is_bot: true, first_name: 'Stand-in', username: 'stand_in_bot' };
      case 'getWebhookInfo':
        return { url: '', has_custom_certificate: false, pending_update_count: 0 };
      case 'sendMessage': {
        const message = { id: 1000 + sent.length, chatId: Number(fields.chat_id), text: String(fields.text) };
        sent.push(message);
        return told(message);
      }
      case 'editMessageText': {
        const message = sent.find(({ id }) => id === Number(fields.message_id));
        if (!message) return true;
        message.text = String(fields.text);
        return told(message);
      }
      default:
        return true;
    }
  }

  function told(message: SentMessage & { id: number }) {
    for (const listener of listeners) listener();
    const { id, chatId, text } = message;
    return { message_id: id, date: seconds(), chat: { id: chatId, type: 'private' }, text };
  }

  /** Holds the answer until there is something newer than the bot has confirmed. */
  function poll(response: ServerResponse, { offset, timeout }: Fields): void {
    const from = Number(offset ?? 0);
    const over = () => {
      clearTimeout(timer);
      polls.delete(look);
    };
    const end = () => {
      over();
      answer(
        response,
        200,
        undefined,
        updates.filter(({ update_id }) => update_id >= from),
      );
    };
    const look = () => {
      if (updates.some(({ update_id }) => update_id >= from)) end();
    };
    const timer = setTimeout(end, Math.min(Number(timeout ?? 0) * 1000, LONGEST_POLL_MS));
    polls.add(look);
    response.once('close', over);
    look();
  }

  return {
    url: `http://127.0.0.1:${address.port}`,
    sent,
    calls,
    say(text, from = PERSON) {
      const person = { id: from, is_bot: false, first_name: 'Ada', username: 'ada' };
      const id = updates.length + 1;
      const chat = { id: from, type: 'private', first_name: 'Ada' };
      const message = { message_id: id, date: seconds(), from: person, chat, text };
      updates.push(Object.assign({ update_id: id }, { message }));
      for (const look of polls) look();
    },
    heard(fits) {
      return new Promise((resolve) => {
        const look = () => {
          const found = sent.find(fits);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      });
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

const seconds = () => Math.floor(Date.now() / 1000);

async function body(request: IncomingMessage): Promise<Fields> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const text = Buffer.concat(parts).toString('utf8');
  return text.startsWith('{') ? JSON.parse(text) : {};
}

function answer(response: ServerResponse, status: number, description?: string, result?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(status === 200 ? { ok: true, result } : { ok: false, error_code: status, description }),
  );
}
