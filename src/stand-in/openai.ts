/** OpenAI's chat completions and responses, as far as a chat client needs them. */
import * as z from 'zod';
import { chunks, estimateTokens, type ModelRequest, type Turn } from './conversation.ts';
import { plain, typed, type Wire } from './wire.ts';

const content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  z.null(),
]);
const item = z.looseObject({ role: z.string().optional(), content: content.optional() });
const common = { model: z.string(), stream: z.boolean().default(false) };
const completionsBody = z.looseObject({ ...common, messages: z.array(item).min(1) });
const responsesBody = z.looseObject({ ...common, input: z.union([z.string(), z.array(item)]) });

function turnsOf(items: z.infer<typeof item>[]): Turn[] {
  return items.flatMap(({ role, content: parts }): Turn[] => {
    if (role !== 'user' && role !== 'assistant') return [];
    const text =
      typeof parts === 'string' ? parts : (parts ?? []).flatMap((part) => part.text ?? []).join('\n');
    return [{ role, text }];
  });
}

function error(type: string, message: string) {
  return { error: { message, type, param: null, code: null } };
}

function usage(request: ModelRequest, text: string) {
  const [input, output] = [estimateTokens(request.bodyLength), estimateTokens(text.length)];
  return { input, output, total: input + output };
}

// A fixed date: the answer must depend on the request alone.
const CREATED = 1_767_225_600;

function completion(request: ModelRequest, n: number, object: string) {
  return { id: `chatcmpl-standin-${n}`, object, created: CREATED, model: request.model };
}

function completionUsage(request: ModelRequest, text: string) {
  const { input, output, total } = usage(request, text);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: total };
}

function completionChunk(request: ModelRequest, n: number, delta: object, finish: string | null, extra = {}) {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return plain({ ...completion(request, n, 'chat.completion.chunk'), choices, ...extra });
}

export const openaiCompletions: Wire = {
  api: 'openai-completions',
  parse(json) {
    const { model, stream, messages } = completionsBody.parse(json);
    return { model, stream, turns: turnsOf(messages), toolAnswered: false };
  },
  document: (request, text, n) => ({
    ...completion(request, n, 'chat.completion'),
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: completionUsage(request, text),
  }),
  stream: (request, text, n) => ({
    head: [completionChunk(request, n, { role: 'assistant', content: '' }, null)],
    deltas: chunks(text).map((chunk) => completionChunk(request, n, { content: chunk }, null)),
    tail: [
      completionChunk(request, n, {}, 'stop', { usage: completionUsage(request, text) }),
      { data: '[DONE]' },
    ],
  }),
  error,
  errorEvent: (type, message) => plain(error(type, message)),
};

function outputMessage(text: string, n: number) {
  const parts = [{ type: 'output_text', text, annotations: [] }];
  return { id: `msg_standin_${n}`, type: 'message', role: 'assistant', status: 'completed', content: parts };
}

function response(request: ModelRequest, text: string, n: number) {
  const { input, output, total } = usage(request, text);
  return {
    id: `resp_standin_${n}`,
    object: 'response',
    created_at: CREATED,
    status: 'completed',
    model: request.model,
    output: [outputMessage(text, n)],
    usage: { input_tokens: input, output_tokens: output, total_tokens: total },
  };
}

export const openaiResponses: Wire = {
  api: 'openai-responses',
  parse(json) {
    const { model, stream, input } = responsesBody.parse(json);
    const turns: Turn[] = typeof input === 'string' ? [{ role: 'user', text: input }] : turnsOf(input);
    return { model, stream, turns, toolAnswered: false };
  },
  document: response,
  stream(request, text, n) {
    const done = response(request, text, n);
    const message = outputMessage(text, n);
    const at = { item_id: message.id, output_index: 0, content_index: 0 };
    const begun = { ...done, status: 'in_progress', output: [], usage: null };
    const emptyPart = { type: 'output_text', text: '', annotations: [] };
    let sequence = 0;
    const numbered = (data: { type: string; [field: string]: unknown }) =>
      typed({ ...data, sequence_number: sequence++ });
    return {
      head: [
        numbered({ type: 'response.created', response: begun }),
        numbered({
          type: 'response.output_item.added',
          output_index: 0,
          item: { ...message, status: 'in_progress', content: [] },
        }),
        numbered({ type: 'response.content_part.added', ...at, part: emptyPart }),
      ],
      deltas: chunks(text).map((delta) => numbered({ type: 'response.output_text.delta', ...at, delta })),
      tail: [
        numbered({ type: 'response.output_text.done', ...at, text }),
        numbered({ type: 'response.content_part.done', ...at, part: { ...emptyPart, text } }),
        numbered({ type: 'response.output_item.done', output_index: 0, item: message }),
        numbered({ type: 'response.completed', response: done }),
      ],
    };
  },
  error,
  errorEvent: (type, message) => typed({ type: 'error', code: type, message, param: null }),
};
