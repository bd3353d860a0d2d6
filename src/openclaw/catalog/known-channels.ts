/**
 * Every channel that OpenClaw 2026.9.6 has by itself or offers as a plugin, and the variables of the environment that set it
 * up without a word in the settings. One of them is taken for enough, to be on the safe side: OpenClaw wants all of some.
 */
import { CHANNELS } from './channels.ts';

interface KnownChannel {
  id: string;
  variables?: readonly string[];
  /** Works on a Mac alone, or through one. */
  ofMac?: true;
  /** Its sessions count messages: two copies of one fall out of step. */
  linked?: true;
  /** Its settings may not say `enabled` alone; what has no more is switched off as a plugin. */
  offByPlugin?: true;
  /** None of 2026.9.6, which refuses settings of it where there is no plugin for them. */
  notAnymore?: true;
}

/** From `dist/channel-catalog.json` and `dist/extensions` of the package: what is there as `configuredState.env`. */
const OTHERS: readonly KnownChannel[] = [
  { id: 'a2a' },
  { id: 'bluebubbles', ofMac: true, notAnymore: true },
  { id: 'buzz', variables: ['BUZZ_RELAY_URL', 'BUZZ_PRIVATE_KEY'] },
  { id: 'clickclack', variables: ['CLICKCLACK_BOT_TOKEN'] },
  { id: 'email', notAnymore: true },
  {
    id: 'feishu',
    variables: ['FEISHU_APP_ID', 'FEISHU_APP_SECRET', 'FEISHU_VERIFICATION_TOKEN', 'FEISHU_ENCRYPT_KEY'],
  },
  {
    id: 'googlechat',
    variables: ['GOOGLE_CHAT_SERVICE_ACCOUNT', 'GOOGLE_CHAT_SERVICE_ACCOUNT_FILE'],
  },
  { id: 'imessage', ofMac: true },
  { id: 'irc', variables: ['IRC_HOST', 'IRC_NICK'] },
  { id: 'line', variables: ['LINE_CHANNEL_ACCESS_TOKEN', 'LINE_CHANNEL_SECRET'] },
  {
    id: 'matrix',
    variables: [
      ...['MATRIX_HOMESERVER', 'MATRIX_USER_ID', 'MATRIX_ACCESS_TOKEN', 'MATRIX_PASSWORD'],
      ...['MATRIX_DEVICE_ID', 'MATRIX_DEVICE_NAME', 'MATRIX_OPS_HOMESERVER', 'MATRIX_OPS_ACCESS_TOKEN'],
      ...['MATRIX_OPS_DEVICE_ID', 'MATRIX_OPS_DEVICE_NAME'],
    ],
  },
  { id: 'mattermost', variables: ['MATTERMOST_BOT_TOKEN', 'MATTERMOST_URL'] },
  { id: 'msteams', variables: ['MSTEAMS_APP_ID', 'MSTEAMS_APP_PASSWORD', 'MSTEAMS_TENANT_ID'] },
  { id: 'nextcloud-talk', variables: ['NEXTCLOUD_TALK_BOT_SECRET', 'NEXTCLOUD_TALK_API_PASSWORD'] },
  { id: 'nostr', variables: ['NOSTR_PRIVATE_KEY'] },
  { id: 'openclaw-weixin', linked: true },
  { id: 'openclaw-zaloclawbot' },
  { id: 'qqbot' },
  { id: 'raft', variables: ['RAFT_PROFILE'] },
  { id: 'reef' },
  { id: 'signal', linked: true },
  {
    id: 'sms',
    variables: [
      ...['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER', 'TWILIO_SMS_FROM'],
      'TWILIO_MESSAGING_SERVICE_SID',
    ],
  },
  { id: 'synology-chat', variables: ['SYNOLOGY_CHAT_TOKEN', 'SYNOLOGY_CHAT_INCOMING_URL'] },
  { id: 'tlon' },
  { id: 'twitch', variables: ['OPENCLAW_TWITCH_ACCESS_TOKEN'], offByPlugin: true },
  { id: 'voice-call', notAnymore: true },
  { id: 'webchat', notAnymore: true },
  { id: 'wecom' },
  { id: 'whatsapp', linked: true },
  { id: 'yuanbao' },
  { id: 'zalo', variables: ['ZALO_BOT_TOKEN'] },
  { id: 'zalouser', variables: ['ZALOUSER_PROFILE', 'ZCA_PROFILE'], linked: true },
];

export const KNOWN_CHANNELS: readonly KnownChannel[] = [
  ...CHANNELS.map(({ id, tokens, alsoBy }) => ({
    id,
    variables: [...tokens.map(({ variable }) => variable), ...alsoBy],
  })),
  ...OTHERS,
];

/** Channels that one of these variables sets up. */
export function channelsByVariable(names: readonly string[]): string[] {
  return KNOWN_CHANNELS.filter(({ variables = [] }) => variables.some((name) => names.includes(name))).map(
    ({ id }) => id,
  );
}

/** @param what a property that the channel is to have. */
export function isChannel(name: string, what: 'ofMac' | 'linked' | 'offByPlugin'): boolean {
  return KNOWN_CHANNELS.some((channel) => channel.id === name && channel[what] === true);
}
