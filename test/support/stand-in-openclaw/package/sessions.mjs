/** Sessions on disk, one file each, so that they outlive the gateway, a sleep and a kill. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** @param version before 2026.9 the real one keeps an index and JSON lines, which others read; later a database. */
export function openSessions(stateDir, version) {
  const agent = path.join(stateDir, 'agents', 'main');
  const dir = path.join(agent, 'agent');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const sessions = new Map();
  for (const name of readdirSync(dir).filter((file) => file.endsWith('.json'))) {
    const session = JSON.parse(readFileSync(path.join(dir, name), 'utf8'));
    sessions.set(session.key, session);
  }

  function save(session) {
    session.updatedAt = Date.now();
    write(path.join(dir, `${session.sessionId}.json`), JSON.stringify(session));
    if (!version.startsWith('2026.9.')) saveAsFiles(path.join(agent, 'sessions'), session, sessions);
  }

  return {
    save,
    get: (key) => sessions.get(key),
    /** Newest first. */
    all: () => [...sessions.values()].sort((a, b) => b.updatedAt - a.updatedAt),
    getOrCreate(key) {
      const known = sessions.get(key);
      if (known) return known;
      const fresh = { status: 'done', abortedLastRun: false, totalTokens: 0, messages: [] };
      const created = { key, sessionId: randomUUID(), updatedAt: Date.now(), ...fresh };
      sessions.set(key, created);
      return created;
    },
  };
}

function saveAsFiles(dir, session, sessions) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const fileOf = (id) => path.join(dir, `${id}.jsonl`);
  const index = [...sessions.values()].map(({ key, sessionId, updatedAt, model, totalTokens }) => {
    return [key, { sessionId, updatedAt, model, totalTokens, sessionFile: fileOf(sessionId) }];
  });
  const lines = session.messages.map(({ id, role, text, at }) => {
    const message = { role, content: [{ type: 'text', text }], timestamp: at };
    return JSON.stringify({ type: 'message', id, timestamp: new Date(at).toISOString(), message });
  });
  const start = JSON.stringify({ type: 'session', version: 3, id: session.sessionId });
  write(fileOf(session.sessionId), `${[start, ...lines].join('\n')}\n`);
  write(path.join(dir, 'sessions.json'), JSON.stringify(Object.fromEntries(index), null, 2));
}

function write(file, text) {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** A session as `sessions_list` shows it. */
export function sessionRow({
  key,
  sessionId,
  updatedAt,
  model,
  totalTokens,
  status,
  abortedLastRun,
  archived = false,
}) {
  return {
    key,
    sessionId,
    agentId: 'main',
    kind: 'other',
    channel: 'unknown',
    archived,
    pinned: false,
    updatedAt,
    model,
    contextTokens: 1_000_000,
    totalTokens,
    status,
    abortedLastRun,
  };
}

/** A page of a session's history: the newest `limit` messages, oldest first. 2026.3 gives a user's text in parts too. */
export function historyPage(session, { limit, cursor, version }) {
  const plainUsers = !version.startsWith('2026.3.');
  const numbered = session.messages.map((message, index) => ({
    role: message.role,
    content: plainUsers && message.role === 'user' ? message.text : [{ type: 'text', text: message.text }],
    timestamp: message.at,
    __openclaw: { id: message.id, seq: index + 1 },
  }));
  const before = cursor === undefined ? numbered : numbered.slice(0, Math.max(0, cursor - 1));
  const items = before.slice(-limit);
  const hasMore = items.length < before.length;
  const page = { sessionKey: session.key, items, messages: items, hasMore };
  return hasMore ? { ...page, nextCursor: String(items[0].__openclaw.seq) } : page;
}
