/** Asks the configured model provider, without the retries of the real gateway: a test must not wait 150 s for a 429. */
import { secret } from './config.mjs';

/** A turn that failed, as the chat endpoint reports it. */
export class TurnError extends Error {
  constructor(status, type, message, code) {
    super(message);
    this.status = status;
    this.error = code === undefined ? { message, type } : { message, type, code };
  }
}

/** The gateway lets no message into the session now; no run begins, and the log knows of none. */
export class RefusedTurn extends TurnError {
  constructor() {
    super(500, 'api_error', 'internal error');
  }
}

const DEFAULTS = {
  anthropic: { baseUrl: 'https://api.anthropic.com', api: 'anthropic-messages', key: 'ANTHROPIC_API_KEY' },
  openai: { baseUrl: 'https://api.openai.com/v1', api: 'openai-responses', key: 'OPENAI_API_KEY' },
};

/**
 * @param model `provider/model`
 * @param messages `{role, content}` with text content
 * @returns {Promise<{text: string, usage: {input: number, output: number}}>}
 */
export async function askProvider({ config, env, version, model, messages, signal }) {
  const slash = model.indexOf('/');
  const [name, id] = [model.slice(0, slash), model.slice(slash + 1)];
  const configured = config.models?.providers?.[name];
  if (!configured && !DEFAULTS[name])
    throw new TurnError(404, 'invalid_request_error', `Unknown model: ${model}`);
  const provider = { ...DEFAULTS[name], ...configured };
  const key = secret(config, provider.apiKey, env) ?? env[provider.key ?? `${name.toUpperCase()}_API_KEY`];
  if (!key) {
    throw new TurnError(
      401,
      'authentication_error',
      `No API key found for provider "${name}".`,
      'missing-provider-auth',
    );
  }
  const wire = WIRES[provider.api] ?? WIRES['openai-completions'];
  const response = await send(`${provider.baseUrl.replace(/\/$/, '')}${wire.path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...wire.auth(key) },
    body: JSON.stringify(wire.body(id, messages)),
    signal,
  });
  const text = await response.text();
  if (!response.ok) throw refused(response.status, text, version);
  return wire.read(JSON.parse(text));
}

async function send(url, init) {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (init.signal.aborted) throw new TurnError(500, 'api_error', 'internal error');
    throw new TurnError(502, 'api_error', `LLM request failed: ${error.cause?.code ?? error.message}`);
  }
}

/** How 2026.9 and 2026.7 pass on a refusal; where they differ, 2026.9's status is first. */
function refused(status, text, version) {
  const recent = version.startsWith('2026.9.');
  const message = `${status}: ${text}`;
  if (/credit balance|insufficient_quota|billing/i.test(text)) {
    return new TurnError(recent ? 400 : 402, 'insufficient_quota', message);
  }
  if (status === 401 || status === 403) return new TurnError(status, 'authentication_error', message);
  if (status === 429) return new TurnError(429, 'rate_limit_error', message);
  if (status === 529) return new TurnError(recent ? 529 : 503, 'api_error', message);
  if (status >= 500) return new TurnError(recent ? 502 : 408, 'api_error', message);
  return new TurnError(status, 'invalid_request_error', message);
}

const bearer = (key) => ({ authorization: `Bearer ${key}` });
const WIRES = {
  'anthropic-messages': {
    path: '/v1/messages',
    auth: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
    body: (model, messages) => ({ model, max_tokens: 8192, messages }),
    read: (json) => ({
      text: json.content.map((part) => part.text ?? '').join(''),
      usage: { input: json.usage.input_tokens, output: json.usage.output_tokens },
    }),
  },
  'openai-completions': {
    path: '/chat/completions',
    auth: bearer,
    body: (model, messages) => ({ model, messages }),
    read: (json) => ({
      text: json.choices[0].message.content,
      usage: { input: json.usage.prompt_tokens, output: json.usage.completion_tokens },
    }),
  },
  'openai-responses': {
    path: '/responses',
    auth: bearer,
    body: (model, messages) => ({ model, input: messages, store: false }),
    read: (json) => ({
      text: json.output
        .flatMap((item) => item.content ?? [])
        .map((part) => part.text ?? '')
        .join(''),
      usage: { input: json.usage.input_tokens, output: json.usage.output_tokens },
    }),
  },
};
