/** Runs a judged command of OpenClaw's own on a machine, and reads what it printed. */

import type { WaitOptions } from '../core/abort.ts';
import { parseJson } from '../core/json.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { CommandEffect } from './catalog/judge-command.ts';
import { askSidecar, type SidecarMachines } from './sidecar/ask-sidecar.ts';

/** What a command came to, by the names of the machine's own program. */
export type RanCommand = ReplyOf<'run_openclaw'> & {
  /** What it printed as JSON, where that is all of it. Foreign. */
  json: unknown;
};

export type CommandService = ReturnType<typeof commandService>;

/** A start of the command line takes one to seven seconds, and was seen to take forty; an install half a minute. */
const COMMAND_MS = 120_000;
/** Around it: the way there and back, and a program that must be started first. */
const AROUND_MS = 30_000;

export function commandService(machines: SidecarMachines) {
  return {
    /** @param effect one that only reads is asked again where the answer was lost. @throws AppError as askSidecar does. */
    async run(
      machineId: string,
      { args, effect }: { args: readonly string[]; effect: CommandEffect },
      { signal }: WaitOptions = {},
    ): Promise<RanCommand> {
      const how = { timeoutMs: COMMAND_MS + AROUND_MS, rerunnable: effect === 'reads', signal };
      const request = { args: [...args], timeout_ms: COMMAND_MS };
      const ran = await askSidecar(machines, machineId, 'run_openclaw', request, how);
      return { ...ran, json: ran.left_out === 0 ? jsonOf(ran.stdout) : undefined };
    },
  };
}

/** An object or a list, and nothing else around it: a word or a number is no answer in JSON. */
function jsonOf(text: string): unknown {
  const plain = text.trim();
  return /^[[{]/.test(plain) ? parseJson(plain) : undefined;
}
