/** One command of the machine's own program, typed on both ends. */
import type * as z from 'zod/mini';
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import {
  type CommandName,
  type JobKind,
  type JobRequestOf,
  PROTOCOL,
  type ReplyOf,
  type RequestOf,
} from '../sidecar/protocol.ts';
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

/** Milliseconds that the command which starts a job may take. */
const START_JOB_MS = 30_000;

/**
 * Starts a detached job of the machine's own program and returns at once; the same id joins one that runs or is done.
 * @param deps its `providerAddresses` are what OpenClaw sees where the job starts it.
 */
export async function startJob<K extends JobKind>(
  deps: {
    machines: Pick<MachineService, 'run'>;
    providerAddresses?: Readonly<Record<string, string>> | undefined;
  },
  machineId: string,
  job: { id: string; kind: K; request: JobRequestOf<K> },
  { signal }: WaitOptions = {},
): Promise<void> {
  const request = { ...job, addresses: { ...deps.providerAddresses } };
  const options = { timeoutMs: START_JOB_MS, rerunnable: true, signal };
  await askSidecar(deps.machines, machineId, 'job_start', request, options);
}

/** @param text what `sidecar COMMAND` printed on the machine. @throws AppError `command_failed`. */
export function readReply<C extends CommandName>(command: C, text: string | undefined): ReplyOf<C> {
  return readAs(PROTOCOL[command].reply, text) as ReplyOf<C>;
}

/** @throws AppError `command_failed` where `text` is not of this schema. */
export function readAs<S extends z.ZodMiniType>(schema: S, text: string | undefined): z.infer<S> {
  const read = schema.safeParse(parsed(text));
  if (read.success) return read.data;
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
