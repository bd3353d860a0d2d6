/** How exposed the gateway is: what its settings say, what its sockets do, who can read its files. Nothing is changed. */
import { existsSync } from 'node:fs';
import { listenersOn } from '../gateway/port-owner.ts';
import { mcpDir, type Place, settingsFile, stateDir } from '../place.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { exposure } from '../state/look.ts';
import { fileMode } from './machine.ts';
import type { PostureReply } from './protocol.ts';

/** Undefined where OpenClaw is not installed. @param audit whether OpenClaw's own audit runs too: two to four seconds. */
export async function posture(place: Place, audit: boolean): Promise<PostureReply | undefined> {
  if (!existsSync(settingsFile(place))) return undefined;
  const findings = audit ? (await askOpenClaw(place, ['security', 'audit', '--json'])).json : undefined;
  return {
    exposure: await exposure(place),
    listens: listensOn(place),
    state_mode: fileMode(stateDir(place)) ?? '',
    mcp_mode: fileMode(mcpDir(place)) ?? '',
    ...(findings === undefined ? {} : { audit: findings }),
  };
}

/** As the kernel writes addresses: 127.x, ::1, and 127.x in the form of IPv6. */
const LOOPBACK = /^(?:.{6}7F|0{24}01000000|0{16}FFFF0000.{6}7F)$/;

/** - others: some other computer could reach it · nothing: nobody listens there */
function listensOn(place: Place): PostureReply['listens'] {
  const listeners = listenersOn(place);
  if (listeners === undefined) return 'unknown';
  const addresses = listeners.map(([, local = '']) => local.split(':')[0] ?? '');
  if (addresses.length === 0) return 'nothing';
  return addresses.every((address) => LOOPBACK.test(address)) ? 'loopback' : 'others';
}
