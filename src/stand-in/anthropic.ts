/** Anthropic's Messages API, as far as a chat client needs it. */
import * as z from 'zod';
import { chunks, estimateTokens, type ModelRequest } from './conversation.ts';
import { typed, type Wire } from './wire.ts';

const block = z.looseObject({
  type: z.string(),
  text: z.string().optional(),
  content: z.unknown().optional(),
  source: z.looseObject({ data: z.string().optional() }).optional(),
});
const body = z.looseObject({
  model: z.string(),
  stream: z.boolean().default(false),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['user', 'assistant', 'system']),
        content: z.union([z.string(), z.array(block)]),
      }),
    )
    .min(1),
});

function textOf(content: string | z.infer<typeof block>[]): string {
  if (typeof content === 'string') return content;
  return content
    .flatMap((part) => (part.type === 'text' && part.text !== undefined ? [part.text] : []))
    .join('\n');
}

function imagesOf(content: string | z.infer<typeof block>[]): string[] {
  if (typeof content === 'string') return [];
  return content.flatMap(({ type, source }) => (type === 'image' ? (source?.data ?? []) : []));
}

/** The results of tools come as what the user says next; OpenClaw may put a block of its own state behind them. */
function answersTool(messages: z.infer<typeof body>['messages']): boolean {
  const last = messages.findLastIndex(({ role }) => role === 'assistant');
  return messages
    .slice(last + 1)
    .some(({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'tool_result'));
}

function message(request: ModelRequest, n: number) {
  return {
    id: `msg_standin_${n}`,
    type: 'message',
    role: 'assistant',
    model: request.model,
    stop_sequence: null,
  };
}

function error(type: string, text: string) {
  return { type: 'error', error: { type, message: text } };
}

export const anthropicMessages: Wire = {
  api: 'anthropic-messages',
  parse(json) {
    const { model, stream, messages } = body.parse(json);
    const turns = messages.flatMap(({ role, content }) =>
      role === 'system' ? [] : [{ role, text: textOf(content), images: imagesOf(content) }],
    );
    return { model, stream, turns, toolAnswered: answersTool(messages) };
  },
  document: (request, text, n) => ({
    ...message(request, n),
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    usage: { input_tokens: estimateTokens(request.bodyLength), output_tokens: estimateTokens(text.length) },
  }),
  stream: (request, text, n) => ({
    head: [
      typed({
        type: 'message_start',
        message: {
          ...message(request, n),
          content: [],
          stop_reason: null,
          usage: { input_tokens: estimateTokens(request.bodyLength), output_tokens: 1 },
        },
      }),
      typed({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
      typed({ type: 'ping' }),
    ],
    deltas: chunks(text).map((chunk) =>
      typed({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: chunk } }),
    ),
    tail: [
      typed({ type: 'content_block_stop', index: 0 }),
      typed({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn', stop_sequence: null },
        usage: { output_tokens: estimateTokens(text.length) },
      }),
      typed({ type: 'message_stop' }),
    ],
  }),
  toolCall(request, { tool: name, input }, n) {
    const begun = { type: 'tool_use', id: `toolu_standin_${n}`, name };
    const { head, tail } = this.stream(request, '', n);
    const [start, , ping] = head;
    const json = JSON.stringify(input);
    return [
      ...[start, ping].flatMap((event) => event ?? []),
      typed({ type: 'content_block_start', index: 0, content_block: { ...begun, input: {} } }),
      typed({
        ...{ type: 'content_block_delta', index: 0 },
        delta: { type: 'input_json_delta', partial_json: json },
      }),
      ...tail.map((event) => ({ ...event, data: event.data.replace('"end_turn"', '"tool_use"') })),
    ];
  },
  error,
  errorEvent: (type, text) => typed(error(type, text)),
};
