/** Reads what the bootstrap printed; whatever is not in its form is an error, with the foreign text fenced off. */
import { gunzipSync } from 'node:zlib';
import { attempt } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { tail } from '../../core/text.ts';
import type { CommandResult } from '../../machine/ports.ts';
import { explainMachineError } from './machine-errors.ts';

const LINE = /^([a-z][a-z0-9_.]*)(@?)=(.*)$/;
// Of all that one answer unpacks to: a wrong or hostile machine could make gigabytes of small lines.
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;
// The longest answers of ours name some dozen.
const MAX_LINES = 2_000;
const MAX_FOREIGN = 6_000;

export interface BootstrapOutput {
  /** Single-line values by name. */
  values: Readonly<Record<string, string>>;
  /** Larger or foreign text by name, unpacked. */
  blobs: Readonly<Record<string, string>>;
}

/** @throws AppError `command_failed` (details.script_error) when it failed, was cut, or printed something else. */
export function readBootstrapOutput(result: CommandResult): BootstrapOutput {
  const parsed = parseLines(result.stdout);
  if (!parsed?.ended) throw notOurs(result);
  const code = parsed.values.error;
  if (code !== undefined) throw explainMachineError(code, parsed.blobs.detail ?? result.stderr);
  if (result.exitCode !== 0) throw notOurs(result);
  return { values: parsed.values, blobs: parsed.blobs };
}

interface Parsed {
  values: Record<string, string>;
  blobs: Record<string, string>;
  ended: boolean;
  /** Bytes that may still be unpacked. */
  left: number;
}

/** Undefined where a line is none of ours. */
export function parseLines(stdout: string): Parsed | undefined {
  const parsed: Parsed = { values: {}, blobs: {}, ended: false, left: MAX_UNPACKED_BYTES };
  for (const line of stdout.split('\n', MAX_LINES)) {
    if (line === '') continue;
    const [, name, packed, value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined || parsed.ended) return undefined;
    if (name === 'end') parsed.ended = true;
    else if (packed !== '@') parsed.values[name] = value;
    else {
      const bytes = unpack(value, parsed.left);
      if (bytes === undefined) return undefined;
      parsed.left -= bytes.length;
      parsed.blobs[name] = bytes.toString('utf8');
    }
  }
  return parsed;
}

function unpack(base64: string, atMost: number): Buffer | undefined {
  // Zero would be no bound at all.
  return attempt(
    () => gunzipSync(Buffer.from(base64, 'base64'), { maxOutputLength: Math.max(1, atMost) }),
    undefined,
  );
}

function notOurs(result: CommandResult): AppError {
  const cut = result.truncated ? ', and the platform cut its output' : '';
  return new AppError('command_failed', `A start on the machine ended without its result${cut}`, {
    next: 'Call gateway_status to see what the machine can do, then repeat the call.',
    foreign: tail(`${result.stdout}\n${result.stderr}`.trim(), MAX_FOREIGN),
    details: { exit_code: result.exitCode, execution_id: result.executionId, truncated: result.truncated },
  });
}
