/** A model provider on loopback for people without a key, and for tests: same wire, deterministic answers. */
import { once } from 'node:events';
import { createAdaptorServer } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { ZodError } from 'zod';
import { type Clock, systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import { listenOnLoopback } from '../core/listen.ts';
import { anthropicMessages } from './anthropic.ts';
import { estimateTokens, type ModelRequest, questions, type ToolCall } from './conversation.ts';
import { openaiCompletions, openaiResponses } from './openai.ts';
import { standInReply } from './reply.ts';
import type { Wire } from './wire.ts';

/** How one request goes wrong on purpose. */
export type ModelFault =
  /** Refused with this HTTP status, in the provider's error shape. */
  | {
      kind: 'status';
      status: 400 | 401 | 402 | 403 | 404 | 429 | 500 | 503 | 529;
      type: string;
      message: string;
    }
  /** Half of the answer is streamed, then an error event; without streaming: status 500. */
  | { kind: 'mid_stream'; type: string; message: string }
  /** The whole answer, that many milliseconds late. */
  | { kind: 'slow'; ms: number }
  /** The request is accepted and never answered. */
  | { kind: 'hang' };

export interface StandInModelOptions {
  /** Makes the answer; by default one that says it is a stand-in and quotes question and history. A tool is called only in a stream of Anthropic's. */
  reply?: ((request: ModelRequest) => string | ToolCall) | undefined;
  /** Decides per request whether, and how, it fails. */
  fault?: ((request: ModelRequest) => ModelFault | undefined) | undefined;
  /** The interfaces that it has; 404 for others, as at a server that speaks only chat completions. All by default. */
  speaks?: readonly ModelRequest['api'][] | undefined;
  /** What `/v1/models` lists, by the fields that such servers give. */
  models?: readonly { id: string; [field: string]: unknown }[] | undefined;
  /** Pause after each streamed chunk in milliseconds, or how long it is for a request; 0 by default. */
  chunkDelayMs?: number | ((request: ModelRequest) => number) | undefined;
  /** Loopback port; 0, the default, takes a free one. */
  port?: number | undefined;
  clock?: Clock | undefined;
}

export interface StandInModel {
  /** `http://127.0.0.1:<port>`: the value for ANTHROPIC_BASE_URL. OpenAI's is this plus `/v1`. */
  url: string;
  /** Every model request so far, oldest first. */
  requests: readonly ModelRequest[];
  /** Ends open answers and stops listening. */
  close(): Promise<void>;
}

const MODELS = [{ id: 'claude-sonnet-4-6' }, { id: 'gpt-5.5' }];

/**
 * Starts listening on 127.0.0.1.
 * @throws AppError `unavailable` when the port is taken.
 */
export async function startStandInModel(options: StandInModelOptions = {}): Promise<StandInModel> {
  const requests: ModelRequest[] = [];
  const closing = new AbortController();
  const server = createAdaptorServer({
    fetch: modelApp(options, requests, closing.signal).fetch,
    overrideGlobalObjects: false,
  });
  const port = await listenOnLoopback(server, options.port).catch((cause: unknown) => {
    throw new AppError('unavailable', 'The stand-in model could not listen on its port', { cause });
  });
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      closing.abort();
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}

function modelApp(options: StandInModelOptions, requests: ModelRequest[], closing: AbortSignal): Hono {
  const app = new Hono();
  const serve = (path: string, wire: Wire) => {
    if (options.speaks?.includes(wire.api) ?? true) app.post(path, (c) => answer(c, wire));
  };
  serve('/v1/messages', anthropicMessages);
  app.post('/v1/messages/count_tokens', async (c) => {
    const body = await c.req.text();
    return c.json({ input_tokens: estimateTokens(body.length) });
  });
  serve('/v1/chat/completions', openaiCompletions);
  serve('/v1/responses', openaiResponses);
  app.get('/v1/models', (c) =>
    c.json({
      object: 'list',
      data: (options.models ?? MODELS).map((model) => ({
        object: 'model',
        type: 'model',
        display_name: model.id,
        ...model,
      })),
      has_more: false,
    }),
  );

  async function answer(c: Context, wire: Wire): Promise<Response> {
    const request = await readRequest(c, wire);
    if (request === undefined) {
      return c.json(wire.error('invalid_request_error', 'The stand-in model cannot read this request.'), 400);
    }
    requests.push(request);
    const gone = AbortSignal.any([c.req.raw.signal, closing]);
    const fault = options.fault?.(request);
    if (fault?.kind === 'hang') await aborted(gone);
    if (fault?.kind === 'slow') await clock.sleep(fault.ms, gone).catch(() => {});
    if (fault?.kind === 'status') {
      return Response.json(wire.error(fault.type, fault.message), { status: fault.status });
    }
    const text = (options.reply ?? standInReply)(request);
    if (typeof text !== 'string') return toolCalled(c, wire, request, text);
    const broken = fault?.kind === 'mid_stream' ? fault : undefined;
    if (request.stream) return streamed(c, wire, request, text, gone, broken);
    if (broken) return c.json(wire.error(broken.type, broken.message), 500);
    return c.json(wire.document(request, text, requests.length));
  }

  function toolCalled(c: Context, wire: Wire, request: ModelRequest, call: ToolCall): Response {
    const events = request.stream ? wire.toolCall?.(request, call, requests.length) : undefined;
    if (events === undefined)
      return c.json(wire.error('invalid_request_error', 'The stand-in model calls no tool here.'), 400);
    return streamSSE(c, async (stream) => {
      for (const event of events) await stream.writeSSE(event);
    });
  }

  const clock = options.clock ?? systemClock;
  function streamed(
    c: Context,
    wire: Wire,
    request: ModelRequest,
    text: string,
    gone: AbortSignal,
    broken: { type: string; message: string } | undefined,
  ): Response {
    const { head, deltas, tail } = wire.stream(request, text, requests.length);
    return streamSSE(c, async (stream) => {
      for (const event of head) await stream.writeSSE(event);
      const sent = broken ? deltas.slice(0, Math.ceil(deltas.length / 2)) : deltas;
      const { chunkDelayMs } = options;
      const pauseMs = typeof chunkDelayMs === 'function' ? chunkDelayMs(request) : chunkDelayMs;
      for (const delta of sent) {
        if (gone.aborted) return;
        await stream.writeSSE(delta);
        if (pauseMs) await clock.sleep(pauseMs, gone).catch(() => {});
      }
      for (const event of broken ? [wire.errorEvent(broken.type, broken.message)] : tail) {
        await stream.writeSSE(event);
      }
    });
  }
  return app;
}

async function readRequest(c: Context, wire: Wire): Promise<ModelRequest | undefined> {
  const text = await c.req.text();
  try {
    const body = wire.parse(JSON.parse(text));
    return {
      ...body,
      api: wire.api,
      question: questions(body.turns).at(-1) ?? '',
      apiKey: c.req.header('x-api-key') ?? c.req.header('authorization')?.replace(/^Bearer /i, ''),
      bodyLength: text.length,
    };
  } catch (error) {
    if (error instanceof ZodError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
