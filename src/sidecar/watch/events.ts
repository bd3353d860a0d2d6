/** What happened to the gateway that nobody asked for: kept for the people who wonder, and for the next one who watches it. */
import { join } from 'node:path';
import * as z from 'zod/mini';
import { systemClock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { gatewayPidFile } from '../gateway/files.ts';
import { gatewayEvent } from '../gateway/protocol.ts';
import { mcpDir, type Place } from '../place.ts';
import { knownIdentity } from '../process/identity.ts';
import type { GatewayHistory } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';

/** With the gateway that it happened to, for a watcher that meets it again. */
const keptEvent = z.extend(gatewayEvent, { identity: z.string() });
const file = z.object({ events: z.array(keptEvent), fresh: z.number() });

export type KeptEvent = z.infer<typeof keptEvent>;
export type Why = KeptEvent['why'];

const MOST = 20;
const DAY_MS = 24 * 3_600_000;
const KEPT_MS = 7 * DAY_MS;

/** Never fails: a gateway is not left down for want of a note. */
export function addEvent(place: Place, event: Pick<KeptEvent, 'why' | 'did'>): void {
  const { events, fresh } = known(place);
  const identity = knownIdentity(gatewayPidFile(place)) ?? '';
  const all = [...events, { ...event, at: systemClock.now(), identity }].slice(-MOST);
  write(place, { events: all, fresh: Math.min(fresh + 1, all.length) });
}

/** Oldest first. */
export function keptEvents(place: Place): KeptEvent[] {
  const now = systemClock.now();
  return known(place).events.filter(({ at }) => Math.abs(now - at) < KEPT_MS);
}

/** From here on they are known. */
export function gatewayEvents(place: Place): GatewayHistory {
  const { fresh } = known(place);
  const events = keptEvents(place);
  if (fresh > 0) write(place, { events, fresh: 0 });
  const now = systemClock.now();
  return {
    events: events.map(({ identity: _, ...event }) => event),
    fresh: Math.min(fresh, events.length),
    lately: events.filter(({ at }) => Math.abs(now - at) < DAY_MS).length,
  };
}

function known(place: Place): z.infer<typeof file> {
  return attempt(() => file.parse(parseJson(readText(fileOf(place)))), { events: [], fresh: 0 });
}

function write(place: Place, content: z.infer<typeof file>): void {
  try {
    writeWhole(fileOf(place), JSON.stringify(content));
  } catch {
    // A full disk, most likely.
  }
}

const fileOf = (place: Place): string => join(mcpDir(place), 'gateway-events.json');
