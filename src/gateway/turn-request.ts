/** One chat turn as the HTTP request that the gateway expects. */
import { AppError } from '../core/errors.ts';
import type { TurnRequest } from './ports.ts';
import { addressOf, type SessionAddress } from './session-address.ts';

export interface TurnWire {
  address: SessionAddress;
  body: string;
  /** Header lines for curl, without the token. */
  headers: string;
}

/** OpenClaw refuses bodies over 20 MB, but no model reads a megabyte of text. */
const MAX_MESSAGE_BYTES = 1_000_000;
const TURN_ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/;
// Also what may stand in a header.
const MODEL = /^[\x21-\x7e]{1,200}$/;

/** @throws AppError `invalid_input`. */
export function turnWire(turn: TurnRequest): TurnWire {
  checkTurnId(turn.turnId);
  const bytes = Buffer.byteLength(turn.message);
  if (turn.message.trim() === '')
    throw invalid('The message is empty', 'Pass what the assistant is to be told.');
  if (bytes > MAX_MESSAGE_BYTES) {
    throw invalid(`The message has ${bytes} bytes; ${MAX_MESSAGE_BYTES} are the limit`, 'Split the message.');
  }
  if (turn.model !== undefined && !MODEL.test(turn.model)) {
    throw invalid('This is not the name of a model', 'Write it as provider/model, or leave it out.');
  }
  const address = addressOf(turn.session, turn.agent);
  return { address, body: bodyOf(turn, address), headers: headersOf(address, turn.model) };
}

/** @throws AppError `invalid_input`. */
export function checkTurnId(turnId: string): void {
  if (!TURN_ID.test(turnId))
    throw invalid('This is not the id of a chat turn', 'Pass the id as it was returned.');
}

// Always a named agent: `openclaw/default` is refused as soon as there are two agents (2026.9.6).
function bodyOf({ message, images = [] }: TurnRequest, address: SessionAddress): string {
  return JSON.stringify({
    model: `openclaw/${address.agent}`,
    stream: true,
    stream_options: { include_usage: true },
    ...(address.user === undefined ? {} : { user: address.user }),
    // The machine puts the images behind the text, so it stays the last.
    messages: [{ role: 'user', content: images.length === 0 ? message : [{ type: 'text', text: message }] }],
  });
}

function headersOf(address: SessionAddress, model: string | undefined): string {
  const lines = model === undefined ? [] : [`x-openclaw-model: ${model}`];
  if (address.user !== undefined) return lines.join('\n');
  if (!/^[\x20-\x7e]+$/.test(address.key)) {
    throw invalid('A session of this kind cannot be addressed from here', 'Use a session that chat started.');
  }
  return [...lines, `x-openclaw-session-key: ${address.key}`].join('\n');
}

function invalid(message: string, next: string): AppError {
  return new AppError('invalid_input', message, { next });
}
