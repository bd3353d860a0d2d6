/** `openclaw gateway run`: the HTTP side of the stand-in gateway, from start to drained stop. */
import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { answerChat, checkChat, parseJson, readBody } from './chat.mjs';
import { gatewaySettings, StartError } from './config.mjs';
import { makeAccounts } from './hooks.mjs';
import { makeLog } from './log.mjs';
import { pluginVersions } from './plugins.mjs';
import { RefusedTurn, TurnError } from './provider.mjs';
import { makeReload } from './reload.mjs';
import { historyPage, openSessions } from './sessions.mjs';
import { makeSuspension } from './suspension.mjs';
import { makeTurns } from './turns.mjs';

const CONTROL_UI = '<!doctype html>\n<html lang="en"><head><title>OpenClaw Control</title></head></html>\n';
const CALL = /^\/stand-in\/call$/;
const SUSPENSION = /^\/stand-in\/suspension$/;
const MODELS = ['openclaw', 'openclaw/default', 'openclaw/main'];

/** @param options `{version, env, listenDelayMs, readyDelayMs}` @throws StartError */
export async function runGateway({ version, env, listenDelayMs, readyDelayMs }) {
  const settings = gatewaySettings(env, version);
  const log = makeLog(settings.logFile);
  const sessions = openSessions(settings.dir, version);
  const turns = makeTurns({ settings, sessions, log, version, env });
  const accounts = makeAccounts(sessions);
  const suspension = makeSuspension(() => turns.count());
  const call = makeReload({ settings, env, version, log });
  const started = Date.now();
  let phase = 'starting';
  let becomeReady;
  const ready = new Promise((resolve) => {
    becomeReady = resolve;
  });
  log('gateway', 'loading configuration…');
  for (const plugin of pluginVersions(env)) log('gateway', `plugin ${plugin} loaded`);
  await pause(listenDelayMs);

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      const failure = error instanceof TurnError ? error : new TurnError(500, 'api_error', 'internal error');
      if (!(error instanceof TurnError)) log('gateway', `request failed: ${error.stack}`, 'ERROR');
      if (!response.headersSent) json(response, failure.status, { error: failure.error });
      else response.end();
    });
  });

  async function handle(request, response) {
    const url = new URL(request.url, 'http://gateway');
    const probe = probes(url.pathname);
    if (probe) return probe.html ? html(response) : json(response, probe.status, probe.body);
    const route = ROUTES.find(({ path }) => path.test(url.pathname));
    if (!route) return html(response);
    if (!authorized(request.headers.authorization)) {
      return json(response, 401, { error: { message: 'Unauthorized', type: 'unauthorized' } });
    }
    if (request.method !== route.method) {
      response.writeHead(405, { 'content-type': 'text/plain; charset=utf-8' });
      return response.end('Method Not Allowed');
    }
    if (phase === 'draining' || (suspension.holding() && route.path !== SUSPENSION))
      throw new TurnError(503, 'gateway_unavailable', 'Gateway is draining for restart.');
    return route.answer(request, response, url);
  }

  function probes(path) {
    const uptimeMs = Date.now() - started;
    if (path === '/healthz' || path === '/health') return { status: 200, body: { ok: true, status: 'live' } };
    if (path === '/startupz') {
      if (!version.startsWith('2026.9.')) return { html: true };
      if (phase === 'ready') return { status: 200, body: { ok: true, status: 'started', version, uptimeMs } };
      const pendingReason = phase === 'starting' ? 'startup-sidecars' : undefined;
      return { status: 503, body: { ok: false, status: phase, version, uptimeMs, pendingReason } };
    }
    if (path !== '/readyz' && path !== '/ready') return undefined;
    if (phase === 'ready' && !suspension.holding())
      return { status: 200, body: { ready: true, failing: [], uptimeMs } };
    const failing = [phase === 'starting' ? 'startup-sidecars' : 'gateway-draining'];
    return { status: 503, body: { ready: false, failing, uptimeMs } };
  }

  const ROUTES = [
    {
      path: /^\/v1\/models$/,
      method: 'GET',
      answer: (_request, response) => json(response, 200, modelList()),
    },
    { path: /^\/v1\/chat\/completions$/, method: 'POST', answer: chat },
    { path: /^\/sessions\/[^/]+\/history$/, method: 'GET', answer: history },
    { path: /^\/tools\/invoke$/, method: 'POST', answer: invoke },
    { path: SUSPENSION, method: 'POST', answer: suspend },
    { path: CALL, method: 'POST', answer: callMethod },
  ];

  // Of the stand-in alone: its command line asks this way what the real one asks over a WebSocket.
  async function suspend(request, response) {
    const { action, id } = parseJson(await readBody(request));
    const [exitCode, answer] = action === 'resume' ? suspension.resume(id) : suspension.suspend();
    json(response, 200, { exitCode, answer });
  }

  async function callMethod(request, response) {
    const { method, params = {} } = parseJson(await readBody(request));
    const [exitCode, answer] =
      turns.call(method, params) ?? accounts(method, params) ?? models(method) ?? (await call(method));
    json(response, 200, { exitCode, answer });
  }

  /** Of its own catalogue; what the settings describe themselves is not asked for. */
  function models(method) {
    if (method !== 'models.list' || !version.startsWith('2026.9.')) return undefined;
    const [provider, id] = ['anthropic', 'claude-sonnet-4-6'];
    return [0, { models: [{ id, name: id, provider, input: ['text', 'image'] }] }];
  }

  async function chat(request, response) {
    if (!settings.chatEnabled) return html(response);
    const body = parseJson(await readBody(request));
    const { key, text, images, model } = checkChat(body, request.headers, settings, version);
    const gone = new AbortController();
    // 2026.3 goes on when the client has left; the newer ones abort the turn.
    if (!version.startsWith('2026.3.'))
      response.once('close', () => response.writableFinished || gone.abort());
    await answerChat(
      response,
      body,
      async () => {
        await ready;
        return turns.run(key, text, { model, images, signal: gone.signal });
      },
      (runId, failure) => {
        if (failure instanceof RefusedTurn) return;
        const { error } = failure;
        const [provider, ...rest] = (model ?? settings.primaryModel).split('/');
        const told = {
          runId,
          isError: true,
          provider,
          model: rest.join('/'),
          rawErrorPreview: error.message,
        };
        log('agent/embedded', { event: 'embedded_run_agent_end', ...told }, 'WARN');
      },
    );
  }

  function history(_request, response, url) {
    const key = decodeURIComponent(url.pathname.split('/')[2]);
    const session = sessions.get(key);
    if (!session) {
      const error = { type: 'not_found', message: `Session not found: ${key}` };
      return json(response, 404, { ok: false, error });
    }
    const cursor = url.searchParams.get('cursor');
    const limit = Number(url.searchParams.get('limit') ?? 100);
    return json(
      response,
      200,
      historyPage(session, { limit, cursor: cursor === null ? undefined : Number(cursor), version }),
    );
  }

  async function invoke(request, response) {
    const { tool, args = {} } = parseJson(await readBody(request));
    if (tool !== 'sessions_list') {
      return json(response, 404, {
        ok: false,
        error: { type: 'not_found', message: `Tool not available: ${tool}` },
      });
    }
    // The older versions know the tool, but it shows them nothing.
    const all = version.startsWith('2026.9.') ? turns.rows() : [];
    const rows = all.filter(
      (row) => row.archived === (args.archived ?? false) && row.key.includes(args.search ?? ''),
    );
    const limit = args.limit ?? 50;
    const page = rows.slice(0, limit);
    const details = { count: page.length, sessions: page, hasMore: rows.length > limit, limitApplied: limit };
    const content = [{ type: 'text', text: JSON.stringify(details, null, 2) }];
    return json(response, 200, { ok: true, result: { content, details } });
  }

  function authorized(header = '') {
    const [given, wanted] = [Buffer.from(header), Buffer.from(`Bearer ${settings.token}`)];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  async function stop(signal) {
    if (phase === 'draining') return;
    phase = 'draining';
    log('gateway', `received ${signal}; shutting down`);
    if (version.startsWith('2026.7.')) turns.abortAll();
    await turns.idle();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeIdleConnections();
    });
    log('gateway/shutdown', `shutdown completed cleanly in ${Date.now() - started}ms`);
    process.exit(0);
  }

  await listen(server, settings.port);
  process.title = 'openclaw-gateway';
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => stop(signal));
  log('gateway', `listening on ws://127.0.0.1:${settings.port}`);
  await pause(readyDelayMs);
  if (phase !== 'starting') return;
  phase = 'ready';
  turns.resumeInterrupted();
  becomeReady();
  log('gateway', 'ready');
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new StartError(1, `Gateway failed to start: ${error.message}`)));
    server.listen(port, '127.0.0.1', resolve);
  });
}

function modelList() {
  const data = MODELS.map((id) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: 'openclaw',
    permission: [],
  }));
  return { object: 'list', data };
}

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

/** The Control UI answers every path that nothing else does. */
function html(response) {
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(CONTROL_UI);
}
