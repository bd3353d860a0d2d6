/** `/v1/chat/completions`: checks a request as the real endpoint does, names its session, and writes the answer. */
import { randomUUID } from 'node:crypto';
import { TurnError } from './provider.mjs';

const MAX_BODY = 20 * 1024 * 1024;

const invalid = (message) => new TurnError(400, 'invalid_request_error', message);

/** @returns the request's body as text. @throws TurnError 413 */
export async function readBody(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY) throw new TurnError(413, 'invalid_request_error', 'Payload too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(error.message);
  }
}

/** @throws TurnError as the real endpoint answers. */
export function checkChat(body, headers, settings, version) {
  const agent = /^openclaw(?:[/:](.+))?$/.exec(body.model ?? '');
  if (!agent) throw invalid('Invalid `model`. Use `openclaw` or `openclaw/<agentId>`.');
  const agentId = headers['x-openclaw-agent-id'] ?? agent[1] ?? 'main';
  if (!['main', 'default'].includes(agentId) && !version.startsWith('2026.3.')) {
    throw invalid(`Unknown agent '${agentId}'.`);
  }
  const { content } = (body.messages ?? []).findLast((message) => message.role === 'user') ?? {};
  const text = textOf(content);
  if (text === '') throw invalid('Missing user message in `messages`.');
  const model = headers['x-openclaw-model'];
  if (
    model &&
    model !== settings.primaryModel &&
    version.startsWith('2026.9.') &&
    !settings.freeModelChoice
  ) {
    throw invalid(`Model "${model}" is not allowed for agent 'main'.`);
  }
  return {
    key: sessionKey(body.user, headers['x-openclaw-session-key']),
    text: flatten(body.messages, text),
    images: imagesOf(content),
    model,
  };
}

function textOf(content) {
  if (typeof content === 'string') return content;
  return (content ?? []).flatMap((part) => part.text ?? []).join('\n');
}

/** Data URLs of at most 10 MiB each, as media type and base64. @throws TurnError */
function imagesOf(content) {
  const parts = Array.isArray(content) ? content.filter((part) => part.type === 'image_url') : [];
  return parts.map((part) => {
    const [, type, data] = /^data:([a-z/]+);base64,([A-Za-z0-9+/=]+)$/.exec(part.image_url?.url ?? '') ?? [];
    const known = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'].includes(type);
    if (!known || Buffer.byteLength(data, 'base64') > 10_485_760)
      throw invalid('Invalid image_url content in `messages`.');
    return { type, data };
  });
}

/** Earlier messages of the request become part of the prompt's text; with `user`, a client sends only the new one. */
function flatten(messages, text) {
  const earlier = messages.slice(0, -1).filter((message) => ['user', 'assistant'].includes(message.role));
  if (earlier.length === 0) return text;
  const lines = earlier.map(
    (message) => `${message.role === 'user' ? 'User' : 'Assistant'}: ${textOf(message.content)}`,
  );
  return `[Chat messages since your last reply - for context]\n${lines.join('\n')}\n\n[Current message - respond to this]\nUser: ${text}`;
}

function sessionKey(user, explicit) {
  const given = explicit?.trim().toLowerCase();
  if (given?.startsWith('subagent:')) {
    throw invalid('`x-openclaw-session-key` cannot use reserved internal session namespaces.');
  }
  if (given) return given.startsWith('agent:') ? given : `agent:main:${given}`;
  return user ? `agent:main:openai-user:${user.toLowerCase()}` : `agent:main:openai:${randomUUID()}`;
}

/**
 * Answers with the turn's outcome, as one document or as a stream.
 * @param failed is told the id and the error of a turn that failed, before the answer says so.
 */
export async function answerChat(response, body, startTurn, failed) {
  const id = `chatcmpl_${randomUUID()}`;
  const created = Math.floor(Date.now() / 1000);
  if (body.stream !== true) {
    const { text, usage } = await startTurn();
    const choice = { index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' };
    const document = {
      id,
      object: 'chat.completion',
      created,
      model: body.model,
      choices: [choice],
      usage: usageOf(usage),
    };
    response.setHeader('content-type', 'application/json; charset=utf-8');
    response.end(JSON.stringify(document));
    return;
  }
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache',
  });
  const base = { id, object: 'chat.completion.chunk', created, model: body.model };
  const send = (data) =>
    response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  const delta = (part, finish = null) =>
    send({ ...base, choices: [{ index: 0, delta: part, finish_reason: finish }] });
  delta({ role: 'assistant' });
  try {
    const { text, usage } = await startTurn();
    for (const content of text.match(/\s*\S+\s*$|\s*\S+/g) ?? [text]) delta({ content });
    delta({}, 'stop');
    if (body.stream_options?.include_usage) send({ ...base, choices: [], usage: usageOf(usage) });
  } catch (error) {
    if (!(error instanceof TurnError)) throw error;
    failed(id, error);
    send({ error: error.error });
  }
  send('[DONE]');
  response.end();
}

function usageOf({ input, output }) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
