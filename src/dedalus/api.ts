/** The port to the Dedalus Machines API: what the rest of the code may ask of the cloud, in our own words. */
import type { WaitOptions } from '../core/abort.ts';
import type { AccessCalls } from './calls/access.ts';
import type { OpeningCalls } from './calls/openings.ts';
import type { UsageCalls } from './calls/usage.ts';
import type { Execution, ExecutionOutput, Machine } from './schemas.ts';

export type { AccountUsage } from './calls/usage.ts';
export type { Execution, ExecutionOutput, Machine } from './schemas.ts';

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
export interface DedalusApi extends AccessCalls, OpeningCalls, UsageCalls {
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
  createExecution(machineId: string, request: ExecutionRequest, options: MutationOptions): Promise<Execution>;
  getExecution(machineId: string, executionId: string, options?: WaitOptions): Promise<Execution>;
  getExecutionOutput(machineId: string, executionId: string, options?: WaitOptions): Promise<ExecutionOutput>;
  cancelExecution(machineId: string, executionId: string, options: MutationOptions): Promise<void>;
}
