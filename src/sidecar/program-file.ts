/** Which program a file holds, and where those of a machine lie. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mcpDir, type Place } from './place.ts';
import { orderIn, type Program } from './wire.ts';

/** Programs by hash, `main.mjs` for the one that runs, its socket `s`, or `at` where that lies elsewhere, `pid` and `log`. */
export const programsDir = (place: Place): string => join(mcpDir(place), 'sidecar');

/** @throws the system's error where it cannot be read. */
export function programIn(file: string): Program {
  const text = readFileSync(file, 'utf8');
  return { order: orderIn(text), hash: createHash('sha256').update(text).digest('hex').slice(0, 32) };
}
