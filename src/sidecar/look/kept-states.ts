/** Which older versions left their state on this machine when they were upgraded. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mcpDir, type Place } from '../place.ts';
import type { ReplyOf } from '../protocol.ts';

export function keptStates(place: Place): ReplyOf<'kept_states'> {
  try {
    const entries = readdirSync(join(mcpDir(place), 'kept'), { withFileTypes: true });
    return { kept: entries.filter((entry) => entry.isDirectory()).map(({ name }) => name) };
  } catch {
    return { kept: [] };
  }
}
