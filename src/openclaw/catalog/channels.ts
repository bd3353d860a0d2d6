/** Messengers that can be connected: which variables hold their tokens, and what OpenClaw is told about each of them. */
import * as z from 'zod';

interface ChannelToken {
  variable: string;
  /** Under this name it lies in the machine's secrets file. */
  secret: string;
  /** The field of the channel's settings that refers to it. */
  field: string;
}

/** One small request that tells whether a token works; `{{secret}}` stands for it. */
interface TokenQuestion {
  url: string;
  headers: readonly string[];
  body?: object;
}

interface ChannelEntry {
  id: string;
  label: string;
  tokens: readonly ChannelToken[];
  /** Further variables that OpenClaw itself takes for a sign that the channel is set up. */
  alsoBy: readonly string[];
  /** Besides the tokens, where the machine's settings do not say otherwise yet. */
  defaults: Readonly<Record<string, string>>;
  /** npm package of the plugin, where present releases do not bring it along. */
  plugin: string | undefined;
  /** The variable that replaces the service's address, and the field for it; only for self-hosted services. */
  address?: { variable: string; field: string; url: string };
  questions(address: string): readonly TokenQuestion[];
}

/**
 * The variables are fixed: were they chosen in a call, whoever writes the call could send any secret of this computer to
 * a messenger. Fields: `docs/channels` of the OpenClaw package 2026.9.6.
 */
const LIST = [
  {
    id: 'telegram',
    label: 'Telegram',
    tokens: [{ variable: 'TELEGRAM_BOT_TOKEN', secret: 'telegram', field: 'botToken' }],
    alsoBy: [],
    // Strangers get a code, and only its owner's answer lets them in.
    defaults: { dmPolicy: 'pairing' },
    plugin: undefined,
    address: { variable: 'TELEGRAM_API_BASE_URL', field: 'apiRoot', url: 'https://api.telegram.org' },
    questions: (address: string) => [{ url: `${address}/bot{{telegram}}/getMe`, headers: [] }],
  },
  {
    id: 'discord',
    label: 'Discord',
    tokens: [{ variable: 'DISCORD_BOT_TOKEN', secret: 'discord', field: 'token' }],
    alsoBy: [],
    defaults: {},
    plugin: '@openclaw/discord',
    questions: () => [
      { url: 'https://discord.com/api/v10/users/@me', headers: ['Authorization: Bot {{discord}}'] },
    ],
  },
  {
    id: 'slack',
    label: 'Slack',
    tokens: [
      { variable: 'SLACK_BOT_TOKEN', secret: 'slack_bot', field: 'botToken' },
      { variable: 'SLACK_APP_TOKEN', secret: 'slack_app', field: 'appToken' },
    ],
    alsoBy: ['SLACK_USER_TOKEN'],
    // Without an address of its own the machine cannot be called back.
    defaults: { mode: 'socket' },
    plugin: '@openclaw/slack',
    questions: () => [
      slackQuestion('auth.test', 'slack_bot'),
      slackQuestion('apps.connections.open', 'slack_app'),
    ],
  },
] as const satisfies readonly ChannelEntry[];

export type ChannelId = (typeof LIST)[number]['id'];

export interface Channel extends ChannelEntry {
  id: ChannelId;
}

export const CHANNELS: readonly Channel[] = LIST;

/** A channel that can be connected, by OpenClaw's name for it. */
export const channelId = z.enum(LIST.map(({ id }) => id));

function slackQuestion(method: string, secret: string): TokenQuestion {
  return {
    url: `https://slack.com/api/${method}`,
    headers: [`Authorization: Bearer {{${secret}}}`],
    body: {},
  };
}

/** A channel whose tokens are all set in the server's own environment. */
export interface ChannelKey {
  channel: Channel;
  /** By name in the machine's secrets file. */
  secrets: Readonly<Record<string, string>>;
  /** Replaces the service's own address. */
  baseUrl: string | undefined;
}

/** The channels whose tokens `env` holds. Blank values count as unset. */
export function channelKeys(env: Readonly<Record<string, string | undefined>>): ChannelKey[] {
  return CHANNELS.flatMap((channel) => {
    const found = channel.tokens.map(({ variable, secret }) => [secret, env[variable]?.trim()] as const);
    const secrets = Object.fromEntries(found.flatMap(([name, value]) => (value ? [[name, value]] : [])));
    if (Object.keys(secrets).length < channel.tokens.length) return [];
    const baseUrl = channel.address && env[channel.address.variable]?.trim().replace(/\/$/, '');
    return [{ channel, secrets, baseUrl: baseUrl || undefined }];
  });
}

/** The replaced addresses by variable: a machine on this computer learns from them what it may reach of it. */
export function channelAddresses(keys: readonly ChannelKey[]): Record<string, string> {
  return Object.fromEntries(
    keys.flatMap(({ channel: { address }, baseUrl }) =>
      address === undefined || baseUrl === undefined ? [] : [[address.variable, baseUrl]],
    ),
  );
}
