/** What each provider's wire format must be able to do, so that one server can speak all of them. */
import type { ModelRequest, ToolCall, Turn } from './conversation.ts';

/** The parts of a request that every format has. */
export interface ParsedBody {
  model: string;
  stream: boolean;
  turns: Turn[];
  toolAnswered: boolean;
}

/** One server-sent event; formats without event names leave `event` out. */
export interface WireEvent {
  event?: string;
  data: string;
}

/** One provider's format. Numbers in `n` make ids unique and deterministic. */
export interface Wire {
  api: ModelRequest['api'];
  /** @throws ZodError for a body that the provider would refuse too. */
  parse(body: unknown): ParsedBody;
  /** The whole answer as one JSON document. */
  document(request: ModelRequest, text: string, n: number): object;
  /** The answer as it is streamed. The middle is one event per chunk of text. */
  stream(
    request: ModelRequest,
    text: string,
    n: number,
  ): { head: WireEvent[]; deltas: WireEvent[]; tail: WireEvent[] };
  /** The answer that calls a tool, as it is streamed; only where the stand-in speaks it. */
  toolCall?(request: ModelRequest, call: ToolCall, n: number): WireEvent[];
  /** An error document in the provider's shape. */
  error(type: string, message: string): object;
  /** The same error inside a stream that has already begun. */
  errorEvent(type: string, message: string): WireEvent;
}

/** An event whose name is repeated in its `type` field. */
export function typed(data: { type: string; [field: string]: unknown }): WireEvent {
  return { event: data.type, data: JSON.stringify(data) };
}

/** An event without a name. */
export function plain(data: object): WireEvent {
  return { data: JSON.stringify(data) };
}
