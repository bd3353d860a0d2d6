/** Settings that change while the gateway runs, as 2026.9 takes them, and the questions that its command line asks. */
import { watchFile } from 'node:fs';
import path from 'node:path';
import { gatewaySettings, StartError } from './config.mjs';
import { knownChannels } from './plugins.mjs';
import { askProvider, TurnError } from './provider.mjs';

/** @param settings changed in place. @returns `call(method)`: what the command line prints, and its exit code. */
export function makeReload({ settings, env, version, log }) {
  const reload = () => Object.assign(settings, gatewaySettings(env, version));
  if (version.startsWith('2026.9.')) {
    const file = path.join(settings.dir, 'openclaw.json');
    watchFile(file, { interval: 40, persistent: false }, () => {
      try {
        reload();
        log('reload', 'config hot reload applied (settings)');
      } catch (error) {
        if (!(error instanceof StartError)) throw error;
        log('reload', `config reload skipped (invalid config): ${error.message}`);
      }
    });
  }

  /** A bare model call: no prompt of its own, no session. */
  async function agent() {
    const [model, messages] = [settings.primaryModel, [{ role: 'user', content: 'Reply with: ok' }]];
    const signal = AbortSignal.timeout(10_000);
    try {
      const { text } = await askProvider({ config: settings.config, env, version, model, messages, signal });
      return [0, { status: 'ok', result: { payloads: [{ text }] } }];
    } catch (error) {
      if (!(error instanceof TurnError)) throw error;
      return [
        1,
        { ok: false, error: { type: 'cli_error', message: `⚠️ ${model} request failed (${error.message})` } },
      ];
    }
  }

  function channelStatus() {
    // The settings of a channel without its plugin are valid, and do nothing.
    const own = Object.keys(settings.config.channels ?? {}).filter((id) => knownChannels(env).includes(id));
    // The plugins of this stand-in reach nobody.
    const said = (id) => (id === 'telegram' ? null : 'A request error occurred: fetch failed');
    const rows = own.map((id) => [id, { configured: true, running: true, lastError: said(id) }]);
    const account = (id) => ({ accountId: 'default', running: true, connected: id === 'telegram' });
    const accounts = own.map((id) => [id, [account(id)]]);
    const channelAccounts = Object.fromEntries(accounts);
    return [0, { channelOrder: own, channels: Object.fromEntries(rows), channelAccounts }];
  }

  let waiting = 1;
  // Whoever waits, whatever the code: approved once, they wait no more.
  const approve = () => (waiting-- > 0 ? [0, { ok: true }] : [1, { error: 'no pending pairing request' }]);

  const methods = {
    agent,
    'pairing.approve': approve,
    'secrets.reload': () => [reload() ? 0 : 1, { ok: true, warningCount: 0 }],
    'channels.status': channelStatus,
    'pairing.list': () => [0, { requests: [] }],
    'device.pair.list': () => [0, { pending: [], paired: [] }],
    'approvals.list': () => [0, { approvals: [] }],
  };
  return async (method) => (Object.hasOwn(methods, method) ? methods[method]() : [1, { ok: false }]);
}
