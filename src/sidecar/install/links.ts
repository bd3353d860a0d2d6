/** Which versions are in use: two links that name a folder each. */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { mcpDir, type Place } from '../place.ts';

/** Empty where there is no such link. */
export function linkTarget(place: Place, name: 'node' | 'current'): string {
  try {
    return readlinkSync(join(mcpDir(place), name));
  } catch {
    return '';
  }
}
