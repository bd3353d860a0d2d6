/** The files by which the gateway's process is known, and what earlier starts left for the next one. */
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { attempt } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { readText, readUpTo } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';
import { ADDRESS, addressesSchema } from './protocol.ts';

/** "pid start boot". Absent: nobody wants a gateway to run, or none was ever started. */
export const gatewayPidFile = (place: Place): string => join(mcpDir(place), 'gateway.pid');

/** What the running gateway prints; `.1` is of the one before. */
export const gatewayOutput = (place: Place): string => join(stateDir(place), 'logs', 'gateway.out');

/** How often the kernel had killed for want of memory when it was started. */
export const oomKillsFile = (place: Place): string => join(mcpDir(place), 'oom-kills');

/** In which boot of a machine on a person's computer it was started, whose own boot goes on. */
export const gatewayBootFile = (place: Place): string => join(mcpDir(place), 'gateway-boot');

const LONGEST_SAID = 6_000;

/** The end of what it printed. Foreign. */
export function lastPrinted(place: Place, file = gatewayOutput(place)): string {
  // Of megabytes only the end is read: it is asked for often.
  return readUpTo(file, 4 * LONGEST_SAID, 'end')?.slice(-LONGEST_SAID) ?? '';
}

export type Addresses = z.infer<typeof addressesSchema>;

/** For a start that nobody asks for. @param from may hold other variables too. */
export function keepAddresses(place: Place, from: Readonly<Record<string, string | undefined>>): void {
  const kept = Object.entries(from).filter(([name, value]) => ADDRESS.test(name) && value !== undefined);
  writeWhole(addressesFile(place), JSON.stringify(Object.fromEntries(kept)));
}

/** Those of the newest start. */
export function keptAddresses(place: Place): Addresses {
  return attempt(() => addressesSchema.parse(parseJson(readText(addressesFile(place)))), {});
}

const addressesFile = (place: Place): string => join(mcpDir(place), 'provider-addresses.json');
