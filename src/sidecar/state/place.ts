/** The assistant's files that this folder reads and writes. */
import { join } from 'node:path';
import { mcpDir, type Place, stateDir } from '../place.ts';

export const settingsFile = (place: Place): string => join(stateDir(place), 'openclaw.json');
export const secretsFile = (place: Place): string => join(stateDir(place), 'secrets.json');
/** The header that our own questions to the gateway carry. */
export const authFile = (place: Place): string => join(mcpDir(place), 'auth');
/** Settings that the gateway was seen to work with. */
export const lastGoodFile = (place: Place): string => join(mcpDir(place), 'openclaw.last-good.json');
