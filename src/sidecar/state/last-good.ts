/** The settings that a gateway has worked with: what a repair goes back to. */
import { readFileSync } from 'node:fs';
import { lastGoodFile, type Place, settingsFile } from '../place.ts';
import { writeWhole } from './object-file.ts';

/** Whole or not at all: half of them would be restored as if they were all. */
export function rememberSettings(place: Place): void {
  writeWhole(lastGoodFile(place), readFileSync(settingsFile(place)));
}
