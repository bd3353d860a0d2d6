/** One command of the machine's own program, typed on both ends. */
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { type CommandName, PROTOCOL, type ReplyOf, type RequestOf } from '../sidecar/protocol.ts';
import { largeInput, machineScript, type ScriptOptions } from './machine-script.ts';
import { runScript } from './script-output.ts';

/** @throws AppError as runScript does, and `command_failed` when the reply is not of its schema. */
export async function askSidecar<C extends CommandName>(
  machines: Pick<MachineService, 'run'>,
  machineId: string,
  command: C,
  request: RequestOf<C>,
  options: ScriptOptions & WaitOptions,
): Promise<ReplyOf<C>> {
  const { signal, ...how } = options;
  const env = {
    OPENCLAW_MCP_COMMAND: command,
    ...largeInput('OPENCLAW_MCP_REQUEST', JSON.stringify(request)),
  };
  const { blobs } = await runScript(machines, machineId, machineScript('sidecar-command', env, how), {
    signal,
  });
  return readReply(command, blobs.reply);
}

/** @param text what `sidecar COMMAND` printed on the machine. @throws AppError `command_failed`. */
export function readReply<C extends CommandName>(command: C, text: string | undefined): ReplyOf<C> {
  const read = PROTOCOL[command].reply.safeParse(parsed(text));
  if (read.success) return read.data as ReplyOf<C>;
  throw new AppError('command_failed', "The machine's program answered in a form that is not known", {
    next: 'Call repair_openclaw, then repeat the call.',
  });
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
