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
