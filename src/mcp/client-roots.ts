/** The folders that a client says its person works in, where it says so. */
import { fileURLToPath } from 'node:url';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { attempt } from '../core/errno.ts';

/** Whole paths, as the client names them; none where it cannot be asked or does not answer. */
export type ClientRoots = () => Promise<readonly string[]>;

// An answer takes milliseconds; a client that never answers must not hold a call.
const ANSWER_MS = 5_000;
const MOST_ROOTS = 50;

export function rootsBehind(server: Server, timeoutMs = ANSWER_MS): ClientRoots {
  return async () => {
    if (server.getClientCapabilities()?.roots === undefined) return [];
    try {
      const { roots } = await server.listRoots({}, { timeout: timeoutMs });
      return roots.slice(0, MOST_ROOTS).flatMap(({ uri }) => pathOf(uri) ?? []);
    } catch {
      return [];
    }
  };
}

function pathOf(uri: string): string | undefined {
  return attempt(() => fileURLToPath(uri), undefined);
}
