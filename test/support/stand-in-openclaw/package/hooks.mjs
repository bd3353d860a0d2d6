/** Plugins of a person's own that settings name, as far as they decide on turns; and the accounts of what turns took. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** @param settings changed in place when they are read anew, so that plugins come and go while the gateway runs. */
export function makeHooks(settings) {
  const loaded = new Map();

  async function hooksOf(folder) {
    const { id } = JSON.parse(readFileSync(path.join(folder, 'openclaw.plugin.json'), 'utf8'));
    const entry = settings.config.plugins?.entries?.[id];
    if (!entry?.enabled || !entry.hooks?.allowConversationAccess) return [];
    if (!loaded.has(folder)) {
      const on = [];
      const { default: plugin } = await import(pathToFileURL(path.join(folder, 'index.mjs')).href);
      plugin.register({ rootDir: folder, on: (name, hook) => on.push([name, hook]) });
      loaded.set(folder, on);
    }
    return loaded.get(folder);
  }

  /** What the first hook of this name says that says something. */
  return async function ask(name, event) {
    for (const folder of settings.config.plugins?.load?.paths ?? []) {
      for (const [hooked, hook] of await hooksOf(folder)) {
        const said = hooked === name ? await hook(event, {}) : undefined;
        if (said !== undefined) return said;
      }
    }
    return undefined;
  };
}

/** No price is known, as for a model of a server of one's own. Its first answer after a start is not up to date. */
export function makeAccounts(sessions) {
  let fresh = false;
  const sum = (messages) => {
    const all = messages.flatMap(({ usage }) => (usage === undefined ? [] : [usage]));
    const totalTokens = all.reduce((tokens, { input, output }) => tokens + input + output, 0);
    return { totalTokens, totalCost: 0, missingCostEntries: all.length };
  };
  const dayOf = (at, timeZone) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at);
  return function call(method, params) {
    if (method !== 'usage.cost' && method !== 'sessions.usage') return undefined;
    const status = fresh ? 'fresh' : 'refreshing';
    fresh = true;
    const all = status === 'fresh' ? sessions.all() : [];
    const messages = all.flatMap((session) => session.messages);
    const totals = { ...sum(messages), missingCostByModel: {} };
    if (method === 'sessions.usage') {
      const rows = all.map((session) => ({ key: session.key, usage: sum(session.messages) }));
      return [0, { sessions: rows, totals, cacheStatus: { status } }];
    }
    const zone = params.timeZone ?? 'UTC';
    const days = new Set([...messages.map(({ at }) => dayOf(at, zone)), dayOf(Date.now(), zone)]);
    const daily = [...days]
      .sort()
      .map((date) => ({ date, ...sum(messages.filter(({ at }) => dayOf(at, zone) === date)) }));
    return [0, { daily, totals, cacheStatus: { status } }];
  };
}
