/** The port to the Dedalus Machines API: what the rest of the code may ask of the cloud, in our own words. */
import type { WaitOptions } from '../core/abort.ts';
import type { AccessCalls } from './calls/access.ts';
import type { OpeningCalls } from './calls/openings.ts';
import type { AccountUsage } from './calls/usage.ts';
import type { Execution, ExecutionOutput } from './schemas.ts';

export type { AccountUsage } from './calls/usage.ts';
export type { Execution, ExecutionOutput } from './schemas.ts';

export interface Machine {
  /** As the API returned it: bare UUID or `dm-…`. Always passed back unchanged. */
  machineId: string;
  /**
   * accepted, placement_pending, starting, running, stopping, sleeping, destroying, destroyed or failed, by the API's OpenAPI
   * document; an unknown one is kept as it came and is never terminal.
   */
  phase: string;
  desiredState: string | undefined;
  vcpu: number | undefined;
  memoryMib: number | undefined;
  storageGib: number | undefined;
  /** 0 is "never"; undefined where the API is too old to tell. */
  autosleepSeconds: number | undefined;
  createdAt: string | undefined;
  /** Only where the API sent a status: GET of one machine, and everything on old generations. */
  reason: string | undefined;
  lastError: string | undefined;
  retryable: boolean | undefined;
  revision: string | undefined;
  lastTransitionAt: string | undefined;
  /** The local API says here how the machine is isolated; undefined on the cloud. */
  runtime: string | undefined;
  /** The local API says here where the machine's home lies on this computer; only GET of one machine has it. */
  homeDir?: string | undefined;
}

export interface MachineSpec {
  vcpu: number;
  memoryMib: number;
  storageGib: number;
  /** As the API takes it: "30m", "2h", "never". */
  autosleep?: string | undefined;
}

/** What is to be changed of a machine; fields that are absent or undefined stay as they are. */
export type MachineChange = { [K in keyof MachineSpec]?: MachineSpec[K] | undefined };

export interface ExecutionRequest {
  command: readonly string[];
  /** The API stores only the names of these; secrets and user text belong here, never in `command`. */
  env?: Readonly<Record<string, string>> | undefined;
  stdin?: string | undefined;
  cwd?: string | undefined;
  timeoutMs: number;
}

export interface MutationOptions extends WaitOptions {
  /** Generated once per logical change and kept for every retry of it. */
  idempotencyKey: string;
}

/** A change of a machine whose revision may be known; sent as If-Match where it is. */
export interface RevisionOptions extends MutationOptions {
  revision?: string | undefined;
}

/**
 * Every method follows our retry policy inside its own deadline, and throws AppError:
 * `auth`, `quota`, `not_found`, `conflict`, `invalid_input`, `unavailable`, `unsupported` (capability 404).
 * details: `http_status`, `platform_code` (the API's error code), `retryable`, `retry_after_ms`, `reason`.
 */
export interface DedalusApi extends AccessCalls, OpeningCalls {
  /** `autosleepRefused` is true when an old API rejected the field and the machine was created without it. */
  createMachine(
    spec: MachineSpec,
    options: MutationOptions,
  ): Promise<Machine & { autosleepRefused: boolean }>;
  getMachine(machineId: string, options?: WaitOptions): Promise<Machine>;
  /** All pages. */
  listMachines(options?: WaitOptions): Promise<Machine[]>;
  updateMachine(machineId: string, patch: MachineChange, options: RevisionOptions): Promise<Machine>;
  sleepMachine(machineId: string, options: RevisionOptions): Promise<Machine>;
  wakeMachine(machineId: string, options: RevisionOptions): Promise<Machine>;
  /** A machine that is already gone counts as deleted: resolves with phase `destroyed`. */
  deleteMachine(machineId: string, options: RevisionOptions): Promise<Machine>;
  /** @throws AppError `unsupported` where the API has no such call (generations 1 and 3). */
  getUsage(options?: WaitOptions): Promise<AccountUsage>;
  createExecution(machineId: string, request: ExecutionRequest, options: MutationOptions): Promise<Execution>;
  getExecution(machineId: string, executionId: string, options?: WaitOptions): Promise<Execution>;
  getExecutionOutput(machineId: string, executionId: string, options?: WaitOptions): Promise<ExecutionOutput>;
  cancelExecution(machineId: string, executionId: string, options: MutationOptions): Promise<void>;
}
