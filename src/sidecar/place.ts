/** Where everything lies on a machine; what starts this program knows the same folders (src/bootstrap/base.sh). */
import { join } from 'node:path';

export interface Place {
  /** The assistant's home, above `.openclaw` and `.openclaw-mcp`. */
  home: string;
  /** Where the gateway listens on loopback. */
  port: number;
}

/** Our own folder below a home. */
export const mcpDir = ({ home }: Place): string => join(home, '.openclaw-mcp');

/** OpenClaw's state. */
export const stateDir = ({ home }: Place): string => join(home, '.openclaw');

/** The Node that OpenClaw runs on, and its command line. */
export function openclawCommand(place: Place): readonly string[] {
  const tree = join(mcpDir(place), 'current', 'node_modules', 'openclaw', 'openclaw.mjs');
  return [join(mcpDir(place), 'node', 'bin', 'node'), tree];
}

export const settingsFile = (place: Place): string => join(stateDir(place), 'openclaw.json');
export const secretsFile = (place: Place): string => join(stateDir(place), 'secrets.json');
/** The header that our own questions to the gateway carry. */
export const authFile = (place: Place): string => join(mcpDir(place), 'auth');
/** Settings that the gateway was seen to work with. */
export const lastGoodFile = (place: Place): string => join(mcpDir(place), 'openclaw.last-good.json');
