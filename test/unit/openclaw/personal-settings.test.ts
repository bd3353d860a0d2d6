/** A rule over names, held against every setting of the real release: where things go is for the person alone. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { forThePerson, undecided } from '../../../src/openclaw/catalog/configure-paths.ts';
import { isPersonal } from '../../../src/openclaw/catalog/personal-settings.ts';

interface Leaf {
  path: string;
  names: string[];
  kind: string;
}

/** Below the sections that an agent may change; each line repeats so many names of the one before. */
function leaves(): Leaf[] {
  const file = new URL('../../fixtures/openclaw-2026.9.6-settings.txt', import.meta.url);
  let before: string[] = [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [same = '0', rest = '', kind = ''] = line.split(' ');
      before = [...before.slice(0, Number(same)), ...rest.split('.')];
      return { path: before.join('.'), names: before, kind };
    });
}

const all = leaves();
const isText = (kind: string) => !/^(?:boolean|integer|number|boolean\|integer|integer\|number)$/.test(kind);
const personal = ({ names, kind }: Leaf) => isPersonal(names, isText(kind));
const paths = new Set(all.map(({ path }) => path));

it('knows the settings of the real release', () => {
  expect(all.length).toBeGreaterThan(1_500);
});

it.each([
  'channels.matrix.homeserver',
  'channels.irc.host',
  'channels.irc.port',
  'channels.irc.tls',
  'channels.irc.nickserv.service',
  'channels.signal.transport.httpHost',
  'channels.signal.transport.cliPath',
  'channels.telegram.apiRoot',
  'channels.telegram.proxy',
  'channels.telegram.defaultTo',
  'channels.mattermost.baseUrl',
  'channels.imessage.remoteHost',
  'channels.msteams.tenantId',
  'channels.nostr.relays.[]',
  'agents.defaults.sandbox.ssh.target',
  'agents.defaults.sandbox.ssh.command',
  'agents.defaults.sandbox.docker.image',
  'agents.defaults.heartbeat.to',
  'agents.defaults.heartbeat.target',
  'agents.defaults.repoRoot',
  'session.store',
  'cron.failureAlert.to',
  'cron.webhookSsrfPolicy.allowedHostnames.[]',
  'skills.load.extraDirs.[]',
])('%s is the person’s', (path) => {
  expect(paths).toContain(path);
  expect(all.filter((leaf) => leaf.path === path).every(personal)).toBe(true);
});

it.each([
  'tools.exec.ask',
  'tools.exec.security',
  'tools.exec.timeoutSeconds',
  'tools.profile',
  'tools.allow.[]',
  'agents.defaults.thinkingDefault',
  'agents.defaults.timeoutSeconds',
  'agents.defaults.heartbeat.every',
  'agents.defaults.imageModel.primary',
  'channels.telegram.dmPolicy',
  'channels.telegram.allowFrom.[]',
  'channels.telegram.replyToMode',
  'channels.telegram.streaming.mode',
  'channels.slack.unfurlLinks',
  'messages.ackReaction',
  'session.reset.idleMinutes',
  'cron.enabled',
  'ui.seamColor',
  'logging.level',
])('%s may be changed by an agent', (path) => {
  expect(paths).toContain(path);
  expect(all.filter((leaf) => leaf.path === path).some(personal)).toBe(false);
});

it('leaves no text of the release that is called after a place, a program or a file to an agent', () => {
  const placed =
    /(?:url|uri|host|hostname|server|endpoint|proxy|homeserver|relay|address|path|(?<!pro)file|command|target|root)s?$/i;
  const own = ({ names }: Leaf) => names.filter((name) => name !== '[]' && name !== '*').at(-1) ?? '';
  expect(
    all.filter((leaf) => leaf.kind.includes('string') && placed.test(own(leaf)) && !personal(leaf)),
  ).toEqual([]);
});

it('leaves most of the release to an agent: what it does, not where', () => {
  const share = all.filter(personal).length / all.length;
  expect(share).toBeGreaterThan(0.1);
  expect(share).toBeLessThan(0.35);
});

it.each<[string, Record<string, unknown>, string[]]>([
  [
    'deep in a value',
    { 'channels.matrix': { homeserver: 'https://elsewhere.example', enabled: true } },
    ['channels.matrix.homeserver'],
  ],
  ['in a list', { 'memory.qmd.paths': [{ path: '/etc' }] }, ['memory.qmd.paths.[].path']],
  ['in an account', { 'channels.irc.accounts.two.host': 'irc.example' }, ['channels.irc.accounts.two.host']],
  [
    'in another spelling',
    { 'tools.web.search.baseURL': 'x', 'talk.x.API_ENDPOINT': 'y' },
    ['tools.web.search.baseURL', 'talk.x.API_ENDPOINT'],
  ],
  ['taken away', { 'channels.telegram.proxy': null }, ['channels.telegram.proxy']],
  [
    'of an older release',
    { 'channels.signal.httpHost': 'x', 'cron.webhook': 'y' },
    ['channels.signal.httpHost', 'cron.webhook'],
  ],
  [
    'of a channel that nobody knows yet',
    { 'channels.new.serverAddress': 'x' },
    ['channels.new.serverAddress'],
  ],
  ['none', { 'tools.exec.ask': 'always', 'tools.maxFiles': 3 }, []],
])('is found %s', (_, set, expected) => {
  expect(undecided(set, []).map(({ path }) => path)).toEqual(expected);
});

it('is allowed by the environment for a path and what lies below it, not for its neighbours', () => {
  const set = { 'channels.matrix.homeserver': 'a', 'channels.irc.host': 'b', 'channels.irc.hostname': 'c' };
  const open = undecided(set, ['channels.matrix', 'channels.irc.host']);
  expect(open.map(({ path }) => path)).toEqual(['channels.irc.hostname']);
  expect(forThePerson(open)).toMatchObject({
    code: 'invalid_input',
    message: expect.stringContaining('channels.irc.hostname would decide'),
    next: expect.stringContaining('OPENCLAW_MCP_ALLOW_SETTINGS'),
  });
});
