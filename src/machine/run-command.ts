/** Runs a command to its end through refusals and lost output, and returns what it printed. */
import { randomUUID } from 'node:crypto';
import type { WaitOptions } from '../core/abort.ts';
import { AppError, isAppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { Execution, ExecutionOutput } from '../dedalus/api.ts';
import { execute } from './execute.ts';
import type { CommandResult, MachineCommand } from './ports.ts';
import { refusedError, throwIfMachineIsLost } from './refusals.ts';
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
