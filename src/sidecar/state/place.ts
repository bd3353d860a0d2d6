/** Where things lie on the machine; `scripts/common.sh` holds the same layout. */
import { join } from 'node:path';

/** Where the machine's files are. */
export interface Place {
  /** The assistant's home, above `.openclaw` and `.openclaw-mcp`. */
  home: string;
}

export const stateDir = ({ home }: Place): string => join(home, '.openclaw');
export const ownDir = ({ home }: Place): string => join(home, '.openclaw-mcp');
export const settingsFile = (place: Place): string => join(stateDir(place), 'openclaw.json');
export const secretsFile = (place: Place): string => join(stateDir(place), 'secrets.json');
/** The header that our own questions to the gateway carry. */
export const authFile = (place: Place): string => join(ownDir(place), 'auth');
/** Settings that the gateway was seen to work with. */
export const lastGoodFile = (place: Place): string => join(ownDir(place), 'openclaw.last-good.json');
