/** Reads what any of the three API generations answers into our own types; unknown fields and values do no harm. */
import * as z from 'zod';
import { pause } from './wire.ts';

// A field of another type than documented counts as missing: better a gap than a crash.
const text = z.string().min(1).optional().catch(undefined);
const number = z
  .number()
  .min(Number.MIN_SAFE_INTEGER)
  .max(Number.MAX_SAFE_INTEGER)
  .optional()
  .catch(undefined);
// Summed up over all machines and told to people: what no machine can have counts as missing.
const size = z.number().min(0).max(1e9).optional().catch(undefined);
// Ids become parts of paths, commands and sentences; those of all generations are of this form.
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/);
// Passed on as it came, where it is a time at all.
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d[T ][0-9:.,+Z-]{5,30}$/)
  .optional()
  .catch(undefined);
const flag = z.boolean().optional().catch(undefined);

const status = z
  .object({
    phase: text,
    reason: text,
    retryable: flag,
    revision: z.union([z.string(), z.number()]).transform(String).optional().catch(undefined),
    last_transition_at: time,
    last_error: text,
    runtime: text,
    home_dir: text,
  })
  .optional()
  .catch(undefined);

const rawMachine = z.object({
  machine_id: id,
  // Generation 3 has the phase here, all but GET of one machine; the older ones inside `status`.
  phase: text,
  status,
  desired_state: text,
  vcpu: size,
  memory_mib: size,
  storage_gib: size,
  autosleep_seconds: number,
  created_at: time,
  runtime: text,
});

export const machineSchema = rawMachine.transform((raw) => ({
  /** As the API returned it: bare UUID or `dm-…`. Always passed back unchanged. */
  machineId: raw.machine_id,
  /**
   * accepted, placement_pending, starting, running, stopping, sleeping, destroying, destroyed or failed, by the API's OpenAPI
   * document; an unknown one is kept as it came and is never terminal.
   */
  phase: raw.status?.phase ?? raw.phase ?? 'unknown',
  desiredState: raw.desired_state,
  vcpu: raw.vcpu,
  memoryMib: raw.memory_mib,
  storageGib: raw.storage_gib,
  /** 0 is "never"; undefined where the API is too old to tell. */
  autosleepSeconds: raw.autosleep_seconds,
  createdAt: raw.created_at,
  /** Only where the API sent a status: GET of one machine, and everything on old generations. */
  reason: raw.status?.reason,
  lastError: raw.status?.last_error,
  retryable: raw.status?.retryable,
  revision: raw.status?.revision,
  lastTransitionAt: raw.status?.last_transition_at,
  /** The local API says here how the machine is isolated; undefined on the cloud. */
  runtime: raw.runtime ?? raw.status?.runtime,
  /** The local API says here where the machine's home lies on this computer; only GET of one machine has it. */
  ...(raw.status?.home_dir !== undefined && { homeDir: raw.status.home_dir }),
}));
export type Machine = z.output<typeof machineSchema>;

export const machinePageSchema = z
  .object({ items: z.array(machineSchema.optional().catch(undefined)).nullish(), next_cursor: text })
  .transform((raw) => ({
    items: (raw.items ?? []).filter((item) => item !== undefined),
    nextCursor: raw.next_cursor,
  }));

export const executionSchema = z
  .object({
    execution_id: id,
    status: z.string().min(1).catch('unknown'),
    exit_code: number,
    signal: text,
    error_code: text,
    error_message: text,
    retry_after_ms: pause,
    stdout_bytes: number,
    stderr_bytes: number,
  })
  .transform((raw) => ({
    executionId: raw.execution_id,
    /** wake_in_progress, queued, running, succeeded, failed, cancelled or expired; unknown ones are never terminal. */
    status: raw.status,
    /** Present exactly when the command ran to its end, whatever the status says. */
    exitCode: raw.exit_code,
    signal: raw.signal,
    /** Platform refusal (`machine_not_found`, `machine_not_routable`, …) when there is no exit code. */
    errorCode: raw.error_code,
    errorMessage: raw.error_message,
    retryAfterMs: raw.retry_after_ms,
    /** Bytes on both streams together, where the API tells: 0 saves the request for the output. */
    announcedBytes: announced(raw),
  }));
export type Execution = z.output<typeof executionSchema>;

export const outputSchema = z
  .object({
    stdout: z.string().catch(''),
    stderr: z.string().catch(''),
    stdout_truncated: z.boolean().catch(false),
    stderr_truncated: z.boolean().catch(false),
    stdout_bytes: number,
    stderr_bytes: number,
  })
  .transform((raw) => ({
    stdout: raw.stdout,
    stderr: raw.stderr,
    stdoutTruncated: raw.stdout_truncated,
    stderrTruncated: raw.stderr_truncated,
    announcedBytes: announced(raw),
  }));
export type ExecutionOutput = z.output<typeof outputSchema>;

/** A machine that the API no longer knows. */
export function destroyedMachine(machineId: string): Machine {
  return machineSchema.parse({ machine_id: machineId, phase: 'destroyed' });
}

function announced(raw: { stdout_bytes?: number | undefined; stderr_bytes?: number | undefined }) {
  if (raw.stdout_bytes === undefined || raw.stderr_bytes === undefined) return undefined;
  return raw.stdout_bytes + raw.stderr_bytes;
}
