/** Turns a script of ours into a command whose text is always the same, with everything else in its environment. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { MachineCommand, Pace } from '../machine/ports.ts';
import { BASE, SCRIPTS, type ScriptName } from './script-table.ts';
import { SIDECAR_HASH } from './sidecar-bundle.ts';

/**
 * The API stores and echoes a command, and only the names of its environment: so this line is all that it ever sees.
 * `eval` keeps the script in this one process, without a temporary file that a kill would leave behind.
 */
export const RUNNER =
  'set -o pipefail; s=$(printf %s "$OPENCLAW_MCP_SCRIPT" | base64 -d | gzip -dc) || exit 70; unset OPENCLAW_MCP_SCRIPT; eval "$s"';

/** Linux refuses an environment string of 131072 bytes or more, its name included. */
const PIECE_LENGTH = 96 * 1024;

export interface ScriptOptions {
  /** Time the script itself may take. */
  timeoutMs: number;
  /** Whether running it twice is harmless; see MachineCommand. */
  rerunnable: boolean;
  idempotencyKey?: string | undefined;
  /** How often its end is asked for; see MachineCommand. */
  pace?: Pace | undefined;
}

/**
 * A command that runs a script with `env` as its only inputs.
 * @param env names start with `OPENCLAW_MCP_`; values are invisible to the API's readers.
 */
export function machineScript(
  name: ScriptName,
  env: Readonly<Record<string, string>>,
  options: ScriptOptions,
): MachineCommand {
  return {
    command: ['/bin/bash', '-c', RUNNER],
    env: { ...env, OPENCLAW_MCP_SIDECAR: SIDECAR_HASH, OPENCLAW_MCP_SCRIPT: packedScript(name) },
    ...options,
  };
}

/**
 * A command that starts a script as a detached job and returns at once; the same id joins a job that runs or is done.
 * The job sees the same `env`. Read it with `read-job`.
 */
export function jobScript(
  name: ScriptName,
  jobId: string,
  env: Readonly<Record<string, string>>,
  options: ScriptOptions,
): MachineCommand {
  const job = { OPENCLAW_MCP_JOB_ID: jobId, OPENCLAW_MCP_JOB_SCRIPT: packedScript(name) };
  return machineScript('start-job', { ...env, ...job }, options);
}

/** An input of any size, as environment variables that `input_to_file NAME FILE` puts together again. */
export function largeInput(name: string, content: string | Uint8Array): Record<string, string> {
  const bytes = Buffer.from(content);
  const sum = createHash('sha256').update(bytes).digest('hex');
  return { [`${name}_SHA256`]: sum, ...inPieces(name, packText(bytes)) };
}

/** As everything long travels to a machine. */
export const packText = (content: string | Uint8Array) => gzipSync(content, { level: 9 }).toString('base64');

/** NAME_0, NAME_1, … */
export function inPieces(name: string, packed: string): Record<string, string> {
  const count = Math.ceil(packed.length / PIECE_LENGTH);
  const piece = (_: unknown, index: number) => [
    `${name}_${index}`,
    packed.slice(index * PIECE_LENGTH, (index + 1) * PIECE_LENGTH),
  ];
  return Object.fromEntries(Array.from({ length: count }, piece));
}

const packed = new Map<ScriptName, string>();

function packedScript(name: ScriptName): string {
  const known = packed.get(name);
  if (known !== undefined) return known;
  const text = [...BASE, ...SCRIPTS[name], `run_main ${name.replaceAll('-', '_')}_main\n`].join('\n');
  const result = packText(text);
  packed.set(name, result);
  return result;
}
