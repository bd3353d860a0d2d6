/** What the local API remembers about machines and executions, in its own words and independent of generation. */

/** Which of the three shapes of the `/v1` API is spoken: 1 (April 2026), 2 (May 2026), 3 (autumn 2026). */
export type Generation = 1 | 2 | 3;

export type Phase =
  | 'accepted'
  | 'placement_pending'
  | 'starting'
  | 'running'
  | 'stopping'
  | 'sleeping'
  | 'destroying'
  | 'destroyed'
  | 'failed';

export type DesiredState = 'running' | 'sleeping' | 'destroyed';

/** One machine as it is kept on disk. Times are ISO 8601. */
export interface MachineRecord extends MachineSize {
  /** Bare UUID; generations 1 and 2 show it with `dm-` in front. */
  id: string;
  createdAt: string;
  desiredState: DesiredState;
  phase: Phase;
  reason: string;
  retryable: boolean;
  lastError: string | undefined;
  /** Counts every change of the record. */
  revision: number;
  lastTransitionAt: string;
  lastProgressAt: string;
  /** False until the machine first ran: a restarted server then goes on creating it. */
  everRan: boolean;
}

export interface MachineSize {
  vcpu: number;
  memoryMib: number;
  storageGib: number;
  /** 0 is "never". */
  autosleepSeconds: number;
}

export type ExecutionStatus =
  | 'wake_in_progress'
  | 'queued'
  | 'running'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'expired';

/** Refusals and platform failures seen live; always without an exit code. */
export type ExecutionErrorCode =
  | 'machine_not_found'
  | 'machine_not_routable'
  | 'host_agent_execute_failed'
  | 'execution_timed_out';

/** One execution as it is kept on disk: never the values of `env`, never `stdin`. */
export interface ExecutionRecord {
  executionId: string;
  /** Bare UUID of its machine. */
  machine: string;
  status: ExecutionStatus;
  command: readonly string[];
  cwd: string | undefined;
  envKeys: readonly string[];
  createdAt: string;
  startedAt: string | undefined;
  completedAt: string | undefined;
  exitCode: number | undefined;
  /** Number of the signal that ended the command. */
  signal: number | undefined;
  errorCode: ExecutionErrorCode | undefined;
  errorMessage: string | undefined;
  retryAfterMs: number | undefined;
  /** Set once the output may be read. */
  output: OutputFacts | undefined;
  /** Every status it had, oldest first; the events page is made from it. */
  history: readonly { status: ExecutionStatus; at: string }[];
}

export interface OutputFacts {
  stdoutBytes: number;
  stderrBytes: number;
  stdoutTruncated: boolean;
  stderrTruncated: boolean;
}

export type PortStatus = 'wake_in_progress' | 'ready' | 'closed' | 'failed';

export interface PortRequest {
  port: number;
  protocol: 'http' | 'https';
  /** Undefined in generation 3, which has no such field. */
  visibility: 'public' | 'private' | 'org' | undefined;
}

/** A port of a machine that is open to this computer. Never kept on disk: it ends with the server. */
export interface PortRecord extends PortRequest {
  portId: string;
  /** Bare UUID of its machine. */
  machine: string;
  status: PortStatus;
  createdAt: string;
  readyAt: string | undefined;
  /** Set while it is ready. */
  url: string | undefined;
  errorMessage: string | undefined;
}

export function isTerminal(status: ExecutionStatus): boolean {
  return ['succeeded', 'failed', 'cancelled', 'expired'].includes(status);
}

/** The id as a path or a body carries it, without the prefix of the older generations. */
export function bareId(machineId: string): string {
  return machineId.replace(/^dm-/, '');
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/**
 * Seconds of "30s", "30m", "2h", "7d3h4s", "1w3d" or "1800"; 0 for "never"; undefined when it is none of these.
 * Units go from large to small and each occurs once.
 */
export function parseAutosleep(text: string): number | undefined {
  if (text === 'never') return 0;
  if (/^\d{1,9}$/.test(text)) return positive(Number(text));
  if (!/^(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([wdhms])/g)) {
    seconds += Number(amount) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  }
  return positive(seconds);
}

/** Zero seconds would put a machine to sleep while it starts; only "never" may mean zero. */
function positive(seconds: number): number | undefined {
  return seconds > 0 ? seconds : undefined;
}
