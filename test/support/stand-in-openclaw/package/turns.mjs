/** Runs chat turns: one at a time per session, remembered before and after, cut off when the client goes away. */
import { randomUUID } from 'node:crypto';
import { makeHooks } from './hooks.mjs';
import { askProvider, RefusedTurn, TurnError } from './provider.mjs';
import { sessionRow } from './sessions.mjs';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
// 2026.3 reports none, whatever the provider says.
const NO_USAGE = { input: 0, output: 0 };
const RESUME_TEXT = '[System] Your previous turn was interrupted. Continue from where you stopped.';

export function makeTurns({ settings, sessions, log, version, env }) {
  const queues = new Map();
  const running = new Map();
  const resuming = new Set();
  const hooks = makeHooks(settings);

  /** Queues behind the turn that the session already has. @returns `{text, usage}` @throws TurnError */
  function run(key, text, options) {
    if (resuming.has(key) || sessions.get(key)?.archived) return Promise.reject(new RefusedTurn());
    const before = queues.get(key) ?? Promise.resolve();
    const turn = before.then(() => takeTurn(key, text, options));
    const settled = turn.catch(() => {});
    queues.set(key, settled);
    settled.then(() => queues.get(key) === settled && queues.delete(key));
    return turn;
  }

  async function takeTurn(key, text, { model = settings.primaryModel, images = [], signal }) {
    const session = sessions.getOrCreate(key);
    const abort = new AbortController();
    const onGone = () => abort.abort();
    if (signal?.aborted) abort.abort();
    signal?.addEventListener('abort', onGone, { once: true });
    running.set(key, abort);
    try {
      const claimed = await hooks('before_agent_reply', { cleanedBody: text });
      if (claimed?.handled) return { text: claimed.reply.text, usage: NO_USAGE };
      if (text !== undefined) remember(session, 'user', text, images);
      Object.assign(session, { status: 'running', model: model.slice(model.indexOf('/') + 1) });
      sessions.save(session);
      const messages = session.messages.map((message) => forProvider(message, version));
      if (text === undefined) messages.push({ role: 'user', content: RESUME_TEXT });
      const reply = await ask(model, messages, abort.signal);
      remember(session, 'assistant', reply.text);
      session.messages.at(-1).usage = reply.usage;
      const { input, output } = reply.usage;
      const message = { role: 'assistant', usage: { input, output, totalTokens: input + output } };
      await hooks('before_message_write', { message });
      Object.assign(session, { status: 'done', abortedLastRun: false, totalTokens: reply.usage.input });
      log('agent', reply.text);
      return reply;
    } catch (error) {
      Object.assign(session, {
        status: abort.signal.aborted ? 'killed' : 'failed',
        abortedLastRun: abort.signal.aborted,
      });
      log('agent', `run failed: ${error.message}`, 'ERROR');
      throw error;
    } finally {
      sessions.save(session);
      running.delete(key);
      signal?.removeEventListener('abort', onGone);
    }
  }

  async function ask(model, messages, signal) {
    try {
      const reply = await askProvider({ config: settings.config, env, version, model, messages, signal });
      return version.startsWith('2026.3.') ? { ...reply, usage: NO_USAGE } : reply;
    } catch (error) {
      // 2026.3 tells of a provider's failure as if the assistant had said it.
      if (!version.startsWith('2026.3.') || signal.aborted || !(error instanceof TurnError)) throw error;
      const body = `HTTP ${error.message.replace(/^(\d+): /, '$1 ')}`;
      const text = error.status === 429 ? '⚠️ API rate limit reached. Please try again later.' : body;
      return { text, usage: NO_USAGE };
    }
  }

  return {
    run,
    /** Turns that run or wait. */
    count: () => queues.size,
    /** Resolves when no turn runs. */
    idle: () => Promise.all([...queues.values()]),
    abortAll() {
      for (const abort of running.values()) abort.abort();
    },
    /** What has no path over HTTP; undefined for methods of others. @returns exit code and answer. */
    call(method, { key, archived }) {
      if (method === 'sessions.abort') {
        running.get(key)?.abort();
        return [0, { ok: true, status: running.has(key) ? 'aborted' : 'no-active-run' }];
      }
      if (method !== 'sessions.patch') return undefined;
      const session = sessions.get(key);
      if (session) sessions.save(Object.assign(session, { archived }));
      return session ? [0, { ok: true, key }] : [1, { ok: false, error: { message: 'unknown session' } }];
    },
    rows: () => sessions.all().map(sessionRow),
    /** 2026.9 goes on with the turns that a kill interrupted; the older ones drop them. */
    resumeInterrupted() {
      for (const session of sessions.all().filter((each) => each.status === 'running')) {
        if (!version.startsWith('2026.9.')) {
          Object.assign(session, { status: 'failed', abortedLastRun: true });
          sessions.save(session);
          continue;
        }
        const turn = run(session.key, undefined, {});
        resuming.add(session.key);
        turn.catch(() => {}).then(() => resuming.delete(session.key));
      }
    },
  };
}

function remember(session, role, text, images) {
  session.messages.push({ id: randomUUID(), role, text, at: Date.now(), images });
}

/** The real gateway puts the time in front of what a person says; 2026.3 does not yet. */
function forProvider({ role, text, at, images = [] }, version) {
  const content = (said) => (images.length === 0 ? said : withImages(said, images));
  if (role !== 'user' || version.startsWith('2026.3.')) return { role, content: content(text) };
  const date = new Date(at);
  const [day, time] = date.toISOString().split('T');
  return { role, content: content(`[${DAYS[date.getUTCDay()]} ${day} ${time.slice(0, 5)} UTC] ${text}`) };
}

/** As Anthropic takes them; every later turn sends them again. */
function withImages(text, images) {
  const parts = images.map(({ type, data }) => ({
    type: 'image',
    source: { type: 'base64', media_type: type, data },
  }));
  return [{ type: 'text', text }, ...parts];
}
