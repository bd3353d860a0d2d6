/** Runs a judged command of OpenClaw's own on a machine, and reads what it printed. */

import type { WaitOptions } from '../core/abort.ts';
import { parseJson } from '../core/json.ts';
import type { CommandEffect } from './catalog/judge-command.ts';
import { askSidecar, type SidecarMachines } from './sidecar/ask-sidecar.ts';

export interface RanCommand {
  /** Undefined where it was ended from here, or could not begin. */
  exitCode: number | undefined;
  timedOut: boolean;
  /** What it printed as JSON, where that is all of it. Foreign, as all that follows. */
  json: unknown;
  stdout: string;
  stderr: string;
  /** Bytes left out between the two ends of what it printed. */
  leftOut: number;
}

export interface CommandService {
  /** @param effect one that only reads is asked again where the answer was lost. @throws AppError as askSidecar does. */
  run(
    machineId: string,
    command: { args: readonly string[]; effect: CommandEffect },
    options?: WaitOptions,
  ): Promise<RanCommand>;
}

/** A start of the command line takes one to seven seconds, and was seen to take forty; an install half a minute. */
const COMMAND_MS = 120_000;
/** Around it: the way there and back, and a program that must be started first. */
const AROUND_MS = 30_000;

export function commandService(machines: SidecarMachines): CommandService {
  return {
    async run(machineId, { args, effect }, options) {
      const how = {
        timeoutMs: COMMAND_MS + AROUND_MS,
        rerunnable: effect === 'reads',
        signal: options?.signal,
      };
      const request = { args: [...args], timeout_ms: COMMAND_MS };
      const ran = await askSidecar(machines, machineId, 'run_openclaw', request, how);
      return {
        exitCode: ran.exit_code ?? undefined,
        timedOut: ran.timed_out,
        json: ran.left_out === 0 ? jsonOf(ran.stdout) : undefined,
        stdout: ran.stdout,
        stderr: ran.stderr,
        leftOut: ran.left_out,
      };
    },
  };
}

/** An object or a list, and nothing else around it: a word or a number is no answer in JSON. */
function jsonOf(text: string): unknown {
  const plain = text.trim();
  return /^[[{]/.test(plain) ? parseJson(plain) : undefined;
}
