/** One machine's life, put together: create, waits, commands, wake, sleep, destroy. */
import { type MachineTiming, machineTiming } from '../config/timing.ts';
import type { Clock } from '../core/clock.ts';
import type { DedalusApi } from '../dedalus/api.ts';
import { destroyMachine } from './destroy-machine.ts';
import { openPort, openSsh } from './open-access.ts';
import type { MachineService } from './ports.ts';
import { runCommand } from './run-command.ts';
import { sleepMachine } from './sleep-machine.ts';
import { waitForGuest } from './wait-guest.ts';
import { type MachineContext, waitForRunning } from './wait-phase.ts';
import { wakeMachine } from './wake-machine.ts';

export interface MachineServiceOptions {
  api: DedalusApi;
  clock: Clock;
  /** Only what differs from `machineTiming`. */
  timing?: Partial<MachineTiming> | undefined;
}

/** The machine ring over an API. */
export function machineService({ api, clock, timing = {} }: MachineServiceOptions): MachineService {
  const context: MachineContext = { api, clock, timing: { ...machineTiming, ...timing } };
  return {
    list: (options) => api.listMachines(options),
    get: (machineId, options) => api.getMachine(machineId, options),
    // Lost answers are the client's: it asks again with the same key, and so may any later process.
    create: (spec, idempotencyKey, options = {}) => api.createMachine(spec, { ...options, idempotencyKey }),
    waitUntilRunning: (machineId, options = {}) =>
      waitForRunning(
        context,
        machineId,
        {
          signal: options.signal,
          onPhase: options.onPhase,
          timeoutMs: options.timeoutMs ?? context.timing.runningTimeoutMs,
        },
        false,
      ),
    waitForGuest: (machineId, options = {}) =>
      waitForGuest(context, machineId, {
        signal: options.signal,
        timeoutMs: options.timeoutMs ?? context.timing.guestTimeoutMs,
      }),
    run: (machineId, command, options = {}) => runCommand(context, machineId, command, options),
    wake: (machineId, options = {}) => wakeMachine(context, machineId, options),
    sleep: (machineId, options = {}) => sleepMachine(context, machineId, options),
    async update(machineId, change, idempotencyKey, { signal } = {}) {
      const { revision } = await api.getMachine(machineId, { signal });
      return api.updateMachine(machineId, change, { idempotencyKey, revision, signal });
    },
    openPort: (machineId, port, key, options = {}) => openPort(context, machineId, port, key, options),
    openSsh: (machineId, publicKey, key, options = {}) =>
      openSsh(context, machineId, publicKey, key, options),
    destroy: (machineId, options = {}) => destroyMachine(context, machineId, options),
  };
}
