/** The settings that a gateway has worked with: what a repair goes back to. */
import { readFileSync } from 'node:fs';
import type { Place } from '../place.ts';
import { writeWhole } from './object-file.ts';
import { lastGoodFile, settingsFile } from './place.ts';

/** Whole or not at all: half of them would be restored as if they were all. */
export function rememberSettings(place: Place): void {
  writeWhole(lastGoodFile(place), readFileSync(settingsFile(place)));
}
