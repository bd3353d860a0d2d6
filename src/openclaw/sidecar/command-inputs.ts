/** Sends a request's values to a machine: in the environment of a command whose text is always the same. */
import { gzipSync } from 'node:zlib';
import type { Pace } from '../../machine/ports.ts';

/**
 * The API stores and echoes a command, and only the names of its environment: so this line is all that it ever sees.
 * `eval` keeps the program in this one process, without a temporary file that a kill would leave behind; a job that
 * begins where there is no Node starts it again from `s`.
 */
export const RUNNER =
  'set -o pipefail; s=$(printf %s "$OPENCLAW_MCP_SCRIPT" | base64 -d | gzip -dc) || exit 70; unset OPENCLAW_MCP_SCRIPT; eval "$s"';

/** Linux refuses an environment string of 131072 bytes or more, its name included. */
const PIECE_LENGTH = 96 * 1024;

/** What a start is told where the machine's own program does not run; see src/bootstrap. */
export type ColdInputs = Readonly<Record<string, string>>;

export interface CommandOptions {
  /** By variable: a machine on this computer learns from its environment which loopback services of it are meant. */
  addresses?: Readonly<Record<string, string>> | undefined;
  /** Time the command itself may take. */
  timeoutMs: number;
  /** Whether running it twice is harmless; see MachineCommand. */
  rerunnable: boolean;
  idempotencyKey?: string | undefined;
  /** How often its end is asked for; see MachineCommand. */
  pace?: Pace | undefined;
}

/** As everything long travels to a machine. */
export const packText = (content: string) => gzipSync(content, { level: 9 }).toString('base64');

/** NAME_000, NAME_001, …: bash tells names in the order of their letters. */
export function inPieces(name: string, packed: string): Record<string, string> {
  const count = Math.ceil(packed.length / PIECE_LENGTH);
  const piece = (_: unknown, index: number) => [
    `${name}_${String(index).padStart(3, '0')}`,
    packed.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH),
  ];
  return Object.fromEntries(Array.from({ length: count }, piece));
}
