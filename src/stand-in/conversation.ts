/** What the stand-in model understands of a request, whichever provider's wire format it came in. */

export interface Turn {
  role: 'user' | 'assistant';
  text: string;
  /** In base64, where the format is Anthropic's. */
  images?: readonly string[];
}

/** An answer that is no text: the assistant is to call one of its own tools. */
export interface ToolCall {
  tool: string;
  input: Readonly<Record<string, unknown>>;
}

/** One request to the model, as tests and the default answer see it. */
export interface ModelRequest {
  /** Which wire format it came in. */
  api: 'anthropic-messages' | 'openai-completions' | 'openai-responses';
  model: string;
  stream: boolean;
  /** The conversation without system prompts; tool results count as the user's. */
  turns: readonly Turn[];
  /** The last thing that a person said, without what OpenClaw wraps around it; empty when there is none. */
  question: string;
  /** Whether it brings the result of a tool that the answer before has called. */
  toolAnswered: boolean;
  /** The key that came as `x-api-key` or as a bearer token. */
  apiKey: string | undefined;
  /** Length of the request body in characters. */
  bodyLength: number;
}

/** Rough, but never 0: four characters per token is the usual estimate for English. */
export function estimateTokens(characters: number): number {
  return Math.max(1, Math.ceil(characters / 4));
}

// OpenClaw puts the time in front of a message, "[Fri 2026-11-20 14:40 UTC] hello", and 2026.9 sends a block of its
// own state as one more user message.
const TIMESTAMP = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} [^\]\n]*\] ?/;
const INTERNAL_CONTEXT = /<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>.*?<<<END_OPENCLAW_INTERNAL_CONTEXT>>>/gs;

/** What people said, oldest first: the user turns without OpenClaw's wrapping, and none that is empty then. */
export function questions(turns: readonly Turn[]): string[] {
  return turns
    .filter((turn) => turn.role === 'user')
    .map((turn) => turn.text.replace(INTERNAL_CONTEXT, '').trim().replace(TIMESTAMP, ''))
    .filter((text) => text !== '');
}

/** `text` cut at word borders for streaming; the pieces joined are `text` again. */
export function chunks(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text];
}
