/** Asks a model server of one's own what it offers, and proves it with one small call, before anything is paid for. */

import * as z from 'zod';
import { withDeadline } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { head, plainText } from '../core/text.ts';
import { type ListedModel, type OwnServer, usualModel } from './catalog/own-server.ts';
import type { ProviderKey } from './catalog/providers.ts';
import { modelCheck } from './outside-checks.ts';

export interface AskDeps {
  clock: Clock;
  /** Reaches the server from this computer, through a proxy where one is set. */
  fetch: typeof fetch;
}

export interface AskedServer {
  models: ListedModel[];
  /** `proved`: it answered. `unproved`: nobody could say from here; the machine may reach it all the same. */
  state: 'proved' | 'unproved';
  /** The model that was tried. */
  model: string;
}

type OwnKey = ProviderKey & { own: OwnServer; baseUrl: string };

// It only helps to choose: whoever lists nothing in this time is asked for the model that the person names.
const LIST_MS = 8_000;
// A server that loads a model of some gigabytes first takes this long.
const PROOF_MS = 40_000;
const MAX_BODY_CHARS = 2_000_000;
const MAX_MODELS = 60;
const MAX_SAID = 2_000;

const size = z.number().int().positive().optional().catch(undefined);
const listed = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      max_model_len: size,
      context_length: size,
      context_window: size,
      max_context_length: size,
      meta: z.object({ n_ctx: size, n_ctx_train: size }).optional().catch(undefined),
    }),
  ),
});
// As a model's name may stand in OpenClaw's settings and in our sentences.
const MODEL_ID = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}$/;

/** The redirected provider that is a server of one's own. */
export function ownKey(providers: readonly ProviderKey[]): OwnKey | undefined {
  return providers.find((key): key is OwnKey => key.own !== undefined && key.baseUrl !== undefined);
}

/**
 * @param wanted a model of this server without the provider's name; its usual one when undefined.
 * @throws AppError `config` where no model is named and none listed, `invalid_input` for one that it does not list,
 *   `provider` where it answers that it cannot be used so.
 */
export async function askOwnServer(
  deps: AskDeps,
  key: OwnKey,
  wanted: string | undefined,
  signal: AbortSignal | undefined,
): Promise<AskedServer> {
  const { models, answer } = await listOf(deps, key, signal);
  const model = wanted ?? usualModel({ ...key.own, models });
  if (model === undefined) throw nameless(key, answer);
  if (models.length > 0 && !models.some(({ id }) => id === model)) throw notListed(model, models);
  return { models, model, state: await proof(deps, key, model, signal) };
}

/** What it lists, in its order; empty where it lists nothing or cannot be reached. */
export async function listedModels(
  deps: AskDeps,
  key: OwnKey,
  signal: AbortSignal | undefined,
): Promise<ListedModel[]> {
  return (await listOf(deps, key, signal)).models;
}

/** With the answer itself, which says why there are none. */
async function listOf(deps: AskDeps, key: OwnKey, signal: AbortSignal | undefined) {
  const answer = await reached(deps, LIST_MS, signal, {
    url: listUrl(key),
    headers: { authorization: `Bearer ${key.key}` },
  });
  const read = listed.safeParse(parseJson(answer?.status === 200 ? answer.text : ''));
  return { models: read.success ? modelsIn(read.data) : [], answer };
}

const listUrl = (key: OwnKey) => `${base(key)}/models`;

function modelsIn({ data }: z.output<typeof listed>): ListedModel[] {
  return data
    .filter(({ id }) => MODEL_ID.test(id))
    .slice(0, MAX_MODELS)
    .map(({ id, meta, ...told }) => ({
      id,
      contextWindow:
        told.max_model_len ??
        told.context_length ??
        told.context_window ??
        told.max_context_length ??
        meta?.n_ctx ??
        meta?.n_ctx_train,
    }));
}

async function proof(
  deps: AskDeps,
  key: OwnKey,
  model: string,
  signal: AbortSignal | undefined,
): Promise<AskedServer['state']> {
  const request = modelCheck({
    model: `openai/${model}`,
    api: key.own.api,
    baseUrl: key.baseUrl,
    secret: 'key',
  });
  if (request === undefined) return 'unproved';
  const headers = request.headers.map((line) => {
    const [name = '', ...value] = line.split(': ');
    return [name, value.join(': ').replace('{{key}}', key.key)];
  });
  const answer = await reached(deps, PROOF_MS, signal, {
    url: request.url,
    headers: { ...Object.fromEntries(headers), 'content-type': 'application/json' },
    body: JSON.stringify(request.body),
  });
  if (answer === undefined) return 'unproved';
  if (answer.status === 200 && parseJson(answer.text) !== undefined) return 'proved';
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500) return 'unproved';
  const { origin, pathname } = new URL(request.url);
  throw refusal(key, `POST ${origin}${pathname}`, answer);
}

interface Answer {
  status: number;
  text: string;
}

/** Undefined where nothing answered in time. */
async function reached(
  { clock, fetch: ask }: AskDeps,
  ms: number,
  signal: AbortSignal | undefined,
  { url, ...init }: { url: string; headers: Record<string, string>; body?: string },
): Promise<Answer | undefined> {
  try {
    return await withDeadline(clock, ms, 'The model server', signal, async (derived) => {
      const method = init.body === undefined ? 'GET' : 'POST';
      // A redirect would carry the key to another address.
      const response = await ask(url, { ...init, method, redirect: 'manual', signal: derived });
      return { status: response.status, text: await cappedText(response) };
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    // The network's own errors, and those that our proxy explains.
    if (error instanceof TypeError || isAppError(error) || derivedAbort(error)) return undefined;
    throw error;
  }
}

const derivedAbort = (error: unknown) => error instanceof Error && error.name === 'AbortError';

async function cappedText(response: Response): Promise<string> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > MAX_BODY_CHARS) break;
  }
  return text;
}

const base = ({ baseUrl }: OwnKey) => baseUrl.replace(/\/+$/, '');

/** Whether it is not there, keeps its list to itself, or has none, decides what helps. */
function nameless(key: OwnKey, answer: Answer | undefined): AppError {
  const { baseUrlVariable: variable } = key.provider;
  const { origin, pathname } = new URL(listUrl(key));
  const asked = `GET ${origin}${pathname}`;
  if (answer === undefined) {
    return new AppError('config', `Nothing answers at ${asked}, and no model is named; nothing was created`, {
      next: `Start the server, or correct ${variable}. If only the machines can reach it, set OPENAI_MODEL to a model's name. Then restart this server.`,
    });
  }
  if (answer.status === 401 || answer.status === 403) return refusal(key, asked, answer);
  if (!listed.safeParse(parseJson(answer.text)).success) {
    return new AppError(
      'config',
      `No list of models comes from ${asked} (HTTP ${answer.status}), and none is named; nothing was created`,
      {
        next: `Correct ${variable}: it ends where /models and /chat/completions begin, mostly in /v1. If the server keeps no list, set OPENAI_MODEL to a model's name. Then restart this server.`,
      },
    );
  }
  return new AppError(
    'config',
    `The server at ${variable} lists no models, and none is named; nothing was created`,
    { next: 'Pass model as openai/NAME, or set OPENAI_MODEL to the name and restart the server.' },
  );
}

function notListed(model: string, models: readonly ListedModel[]): AppError {
  const some = models.slice(0, 8).map(({ id }) => `openai/${id}`);
  const more = models.length > some.length ? `, and ${models.length - some.length} more` : '';
  return new AppError(
    'invalid_input',
    `The server at OPENAI_BASE_URL lists no model ${model}; nothing was created`,
    {
      next: `Pass one that it lists: ${some.join(', ')}${more}.`,
    },
  );
}

function refusal({ provider, own }: OwnKey, asked: string, { status, text }: Answer): AppError {
  const said = plainText(text).trim();
  const foreign = said === '' ? {} : { foreign: head(said, MAX_SAID) };
  const nothing = 'nothing was created';
  if (status === 401 || status === 403) {
    return new AppError('provider', `The model server refused the key (${status}) at ${asked}; ${nothing}`, {
      next: `Set ${provider.keyVariables[0]} to a key that it takes and restart the server.`,
      ...foreign,
    });
  }
  if (status === 404 || status === 405 || status === 200 || status < 400) {
    const other = own.api === 'openai-completions' ? 'responses' : 'chat';
    return new AppError(
      'provider',
      `The model server does not answer model requests at ${asked} (HTTP ${status}); ${nothing}`,
      {
        next: `${/model/i.test(said) ? 'It may have no model of this name: read its words below. Else correct' : 'Correct'} ${provider.baseUrlVariable}: it ends where /chat/completions begins, mostly in /v1. Or set OPENAI_WIRE_API to ${other}, if that is what it speaks. Then restart the server.`,
        ...foreign,
      },
    );
  }
  return new AppError(
    'provider',
    `The model server refused a small request at ${asked} (HTTP ${status}); ${nothing}`,
    {
      next: 'Read its own words below; then pass another model, or correct the server.',
      ...foreign,
    },
  );
}
