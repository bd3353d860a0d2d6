/** What the rings around a machine may ask of it; `machine-service.ts` is the implementation. */
import type { WaitOptions } from '../core/abort.ts';
import type { Machine, MachineChange, MachineSpec } from '../dedalus/api.ts';
import type { OpenedPort, SshSession } from '../dedalus/calls/access.ts';

/** How often the end of a command is asked for, in milliseconds; every question costs a request. */
export type Pace = SteadyPace | GrowingPace;

/** @param runningMs since the command was sent. @returns the pause before the next question. */
export type GrowingPace = (runningMs: number) => number;

interface SteadyPace {
  /** Until the first question. */
  firstMs: number;
  /** Between the first and the second; each later pause is longer. The machine's own timing when undefined. */
  nextMs?: number | undefined;
  /** Longest pause between two questions; the machine's own timing when undefined. */
  maxMs?: number | undefined;
}

/** A short command on a machine. It must print little: large output belongs in a file that is read in pieces. */
export interface MachineCommand {
  command: readonly string[];
  env?: Readonly<Record<string, string>> | undefined;
  stdin?: string | undefined;
  /** Time the command itself may take; waking and queueing get their own slack on top. */
  timeoutMs: number;
  /**
   * Names this run for good: the same key never runs the command twice on the API's side. Without one a fresh key
   * is made per call.
   */
  idempotencyKey?: string | undefined;
  /**
   * Whether running it a second time is harmless. Only then is it sent again after the platform refused or lost it.
   */
  rerunnable: boolean;
  /** For a command whose duration is about known, or that waits by itself; others are asked for soon and often. */
  pace?: Pace | undefined;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** True when the platform cut either stream. */
  truncated: boolean;
  executionId: string;
}

export interface WakeOutcome {
  machine: Machine;
  /** `already_running`, `woken` through the API, or `woken_by_execution` where /wake is closed to public keys. */
  how: 'already_running' | 'woken' | 'woken_by_execution';
}

export interface SleepOutcome {
  machine: Machine;
  how: 'already_sleeping' | 'slept';
}

/** Called at every change that a person would want to see while waiting. */
export type OnPhase = (machine: Machine) => void;

export interface MachineService {
  list(options?: WaitOptions): Promise<Machine[]>;
  /** @throws AppError `not_found` with the next call when there is no such machine. */
  get(machineId: string, options?: WaitOptions): Promise<Machine>;
  /**
   * Creates the machine of this key, or finds the one that an earlier, unanswered call of the same key created.
   * The key must never be used with another spec.
   * @throws AppError `quota` (never retried), `invalid_input`, `auth`, `unavailable`.
   */
  create(
    spec: MachineSpec,
    idempotencyKey: string,
    options?: WaitOptions,
  ): Promise<Machine & { autosleepRefused: boolean }>;
  /**
   * Waits until the phase is `running`.
   * @throws AppError `machine_failed` (details.reason) when it cannot get there by itself, `timeout`.
   */
  waitUntilRunning(
    machineId: string,
    options?: WaitOptions & { onPhase?: OnPhase; timeoutMs?: number },
  ): Promise<Machine>;
  /** Waits until a trivial command runs inside: `running` does not yet mean that the guest answers. */
  waitForGuest(machineId: string, options?: WaitOptions & { timeoutMs?: number }): Promise<void>;
  /**
   * Runs a command to its end and returns what it printed, also for a non-zero exit code.
   * A sleeping machine is woken by it (the platform does that).
   * @throws AppError `machine_failed` (details.platform_code) when the platform refuses for good, `timeout` when the
   *   command ran out of its own time, `cancelled`, `unavailable`.
   */
  run(machineId: string, command: MachineCommand, options?: WaitOptions): Promise<CommandResult>;
  /** Brings a sleeping machine to `running`, by /wake or, where that is closed, by a harmless execution. */
  wake(machineId: string, options?: WaitOptions & { onPhase?: OnPhase }): Promise<WakeOutcome>;
  /** @throws AppError `conflict` with details.retry_after_ms inside the hold window after a wake; `unsupported` where /sleep is closed. */
  sleep(machineId: string, options?: WaitOptions): Promise<SleepOutcome>;
  /**
   * Changes size or autosleep. Storage only grows; some API generations resize only a sleeping machine.
   * @throws AppError `conflict` in a phase that does not allow it, `invalid_input`.
   */
  update(
    machineId: string,
    change: MachineChange,
    idempotencyKey: string,
    options?: WaitOptions,
  ): Promise<Machine>;
  /** An address for one of the machine's ports, once it is ready. @throws AppError `unsupported` where there is no such thing. */
  openPort(
    machineId: string,
    port: number,
    idempotencyKey: string,
    options?: WaitOptions,
  ): Promise<OpenedPort>;
  /** A session that lets this key in, once it is ready. @throws AppError `unsupported` where there is no such thing. */
  openSsh(
    machineId: string,
    publicKey: string,
    idempotencyKey: string,
    options?: WaitOptions,
  ): Promise<SshSession>;
  /** Deletes for good and waits until the API no longer shows it as alive. Idempotent. */
  destroy(machineId: string, options?: WaitOptions): Promise<Machine>;
}
