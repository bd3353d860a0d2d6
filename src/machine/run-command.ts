/** Runs a command to its end through refusals and lost output, and returns what it printed. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { WaitOptions } from '../core/abort.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { Execution, ExecutionOutput } from '../dedalus/api.ts';
import type { CommandResult, MachineCommand } from './ports.ts';
import {
  busyRefusal,
  lostRefusal,
  type Refusal,
  refusalOf,
  refusedError,
  throwIfMachineIsLost,
} from './refusals.ts';
import type { MachineContext } from './wait-phase.ts';

const NOTHING: ExecutionOutput = {
  stdout: '',
  stderr: '',
  stdoutTruncated: false,
  stderrTruncated: false,
  announcedBytes: 0,
};

/** `MachineService.run`. */
export async function runCommand(
  context: MachineContext,
  machineId: string,
  command: MachineCommand,
  options: WaitOptions,
): Promise<CommandResult> {
  const { execution, exitCode } = await runToEnd(context, machineId, command, options);
  const output = await outputOf(context, machineId, execution, options);
  return {
    exitCode,
    stdout: output.stdout,
    stderr: output.stderr,
    truncated: output.stdoutTruncated || output.stderrTruncated,
    executionId: execution.executionId,
  };
}

/**
 * Sends a command until the platform runs it, within a bound: again only where it certainly did not start, or where
 * a second run does no harm.
 * @throws AppError `machine_failed`: with details.replaceable true when the machine is lost, else with
 *   details.platform_code.
 */
export async function runToEnd(
  context: MachineContext,
  machineId: string,
  command: MachineCommand,
  options: WaitOptions,
): Promise<{ execution: Execution; exitCode: number }> {
  const { api, clock, timing } = context;
  const key = command.idempotencyKey ?? randomUUID();
  const giveUpAt = clock.elapsed() + timing.refusalRetryMs;
  let tries = 0;
  const polling = {
    clock,
    what: 'the machine to accept a command',
    intervalMs: timing.guestPollMs,
    maxIntervalMs: timing.maxGuestPollMs,
    // Never reached: the look below gives up first, with what the platform said.
    timeoutMs: timing.refusalRetryMs + timing.maxGuestPollMs,
    signal: options.signal,
  };
  return poll(polling, async () => {
    tries += 1;
    // Derived, not random: whoever repeats this call with the same key finds the same runs again.
    const ending = await execute(
      context,
      machineId,
      command,
      tries === 1 ? key : `${key}-try${tries}`,
      options,
    );
    if ('exitCode' in ending) return { done: ending };
    const { refusal } = ending;
    await throwIfMachineIsLost(api, machineId, options);
    const mayRunAgain = refusal.neverStarted || command.rerunnable;
    if (!mayRunAgain || clock.elapsed() >= giveUpAt) throw refusedError(machineId, refusal);
    return {};
  });
}

/** What it printed; asked for again while bytes were announced that are not there yet. */
async function outputOf(
  { api, clock, timing }: MachineContext,
  machineId: string,
  execution: Execution,
  { signal }: WaitOptions,
): Promise<ExecutionOutput> {
  if (execution.announcedBytes === 0) return NOTHING;
  const polling = {
    clock,
    what: 'the output of a command',
    intervalMs: timing.executionPollMs,
    maxIntervalMs: timing.maxExecutionPollMs,
    timeoutMs: timing.outputTimeoutMs,
    signal,
  };
  try {
    return await poll(polling, async () => {
      const output = await api.getExecutionOutput(machineId, execution.executionId, { signal });
      const empty = output.stdout === '' && output.stderr === '';
      const announced = output.announcedBytes ?? execution.announcedBytes ?? 0;
      return empty && announced > 0 ? {} : { done: output };
    });
  } catch (error) {
    if (!isAppError(error, 'timeout', 'not_found')) throw error;
    throw new AppError('unavailable', 'A command ran on the machine, but its output cannot be read', {
      next: 'Try again in a minute.',
      details: { execution_id: execution.executionId, reason: 'output_missing' },
      cause: error,
    });
  }
}

/** How a command ended: with an exit code, or refused by the platform. */
type Ending = { execution: Execution; exitCode: number } | { refusal: Refusal };

const TERMINAL = new Set(['succeeded', 'failed', 'cancelled', 'expired']);

/**
 * Runs `command` under `idempotencyKey` and waits for its end. A lost answer is asked for again with the same key by
 * the API client, so that it runs at most once.
 * @throws AppError `timeout` (the command's own time, or ours), `cancelled`, and what the API refuses.
 */
async function execute(
  context: MachineContext,
  machineId: string,
  command: MachineCommand,
  idempotencyKey: string,
  options: WaitOptions,
): Promise<Ending> {
  const { api, clock, timing } = context;
  const { signal } = options;
  let posted: Execution;
  try {
    posted = await api.createExecution(machineId, command, { idempotencyKey, signal });
  } catch (error) {
    if (!isAppError(error, 'conflict') || error.details.platform_code === 'IDEMPOTENCY_KEY_REUSED')
      throw error;
    return { refusal: busyRefusal(error) };
  }
  const { pace } = command;
  const steady = typeof pace === 'function' ? undefined : pace;
  const begun = clock.elapsed();
  const polling = {
    clock,
    what: 'a command on the machine to end',
    intervalMs: steady?.nextMs ?? timing.executionPollMs,
    maxIntervalMs: steady?.maxMs ?? timing.maxExecutionPollMs,
    timeoutMs: command.timeoutMs + timing.executionSlackMs,
    signal,
  };
  // The POST's own answer is the first look.
  let known: Execution | undefined = posted;
  try {
    const ended = await poll(polling, async () => {
      const execution = known ?? (await api.getExecution(machineId, posted.executionId, { signal }));
      const firstMs = known && steady?.firstMs;
      known = undefined;
      if (TERMINAL.has(execution.status)) return { done: execution };
      const { retryAfterMs: askedMs } = execution;
      if (askedMs !== undefined) return { askedMs };
      return { pauseMs: typeof pace === 'function' ? pace(clock.elapsed() - begun) : firstMs };
    });
    return endingOf(ended, command);
  } catch (error) {
    if (isAppError(error, 'not_found')) return { refusal: lostRefusal };
    throw isAppError(error, 'timeout') && !error.details.reason ? unfinished(posted, error) : error;
  }
}

/** We waited as long as we may; the command may still be running. */
function unfinished(execution: Execution, cause: AppError): AppError {
  return new AppError('timeout', 'A command on the machine did not end in time; it may still be running', {
    next: 'Call gateway_status to see how the machine is, then try again.',
    details: { execution_id: execution.executionId, reason: 'execution_unfinished' },
    cause,
  });
}

/** The exit code decides, not the status: `exit 7` has status `failed`, and so has a command that never ran. */
function endingOf(execution: Execution, command: MachineCommand): Ending {
  const { exitCode, signal, status } = execution;
  if (exitCode !== undefined) return { execution, exitCode };
  const details = { execution_id: execution.executionId };
  if (status === 'expired') {
    const seconds = Math.round(command.timeoutMs / 1000);
    throw new AppError('timeout', `A command on the machine ran longer than its ${seconds} s and was ended`, {
      next: 'Call gateway_status to see how the machine is, then try again.',
      details: { ...details, reason: 'execution_expired' },
    });
  }
  if (status === 'cancelled') {
    throw new AppError('cancelled', 'A command on the machine was cancelled', {
      next: 'Call again if it was not meant to stop.',
      details: { ...details, reason: 'execution_cancelled' },
    });
  }
  if (execution.errorCode !== undefined) return { refusal: refusalOf(execution) };
  if (signal !== undefined) return { execution, exitCode: 128 + signalNumber(signal) };
  return status === 'succeeded' ? { execution, exitCode: 0 } : { refusal: refusalOf(execution) };
}

/** As a shell counts: killed by SIGKILL is exit code 137. An unknown name counts as SIGKILL. */
function signalNumber(name: string): number {
  const known = Object.entries(constants.signals).find(
    ([signal]) => signal === name || signal === `SIG${name}`,
  );
  return known?.[1] ?? constants.signals.SIGKILL;
}
