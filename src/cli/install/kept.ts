/** What a person added to our entry stays when it is written again: above all the limits. */
import * as z from 'zod';
import type { JsonObject } from './clients.ts';

const words = z.array(z.string()).catch([]);
// The word of an entry's arguments that names our program; with a version where a person pinned one.
const PROGRAM = /(?:^|[\\/])openclaw-dedalus-mcp(?:@[^\s]+|\.js)?$/;

// What this command itself has ever written, and what the registry's other clients are called.
const OWN_START = /^(?:node(?:js)?\d*|npx|bunx|pnpx|cmd|openclaw-dedalus-mcp)(?:\.exe|\.cmd|\.js)?$/i;

/**
 * Our entry with every field, flag and pinned version of `earlier`; only how the program is started is new. A start that
 * a person wrote (a container, a wrapper that brings the keys) stays as it is.
 */
export function withKept(ours: JsonObject, earlier: JsonObject): Record<string, unknown> {
  const { command, args } = ours;
  if (isOthersStart(earlier.command)) return { ...ours, args: [], ...earlier };
  return { ...ours, ...earlier, command, args: keptArgs(words.parse(args), words.parse(earlier.args)) };
}

/** Whether a person, and not `install`, decided how the server is started. */
export function isOthersStart(command: unknown): boolean {
  return typeof command === 'string' && !OWN_START.test(command.split(/[\\/]/).at(-1) ?? '');
}

function keptArgs(ours: readonly string[], earlier: readonly string[]): string[] {
  const at = earlier.findIndex((word) => PROGRAM.test(word));
  const pinned = earlier.find((word) => PROGRAM.test(word) && word.includes('@') && !/[\\/]/.test(word));
  const started = ours.map((word) => (word === 'openclaw-dedalus-mcp' ? (pinned ?? word) : word));
  const flags =
    at === -1 ? earlier.slice(earlier.findIndex((word) => word.startsWith('--'))) : earlier.slice(at + 1);
  const added = at === -1 && !earlier.some((word) => word.startsWith('--')) ? [] : flags;
  return [...started.filter((word) => !added.includes(word) || !word.startsWith('--')), ...added];
}
