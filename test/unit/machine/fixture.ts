/** The machine service on the real client, against a scripted API, on a clock that does not make tests wait. */
import { onTestFinished } from 'vitest';
import type { MachineTiming } from '../../../src/config/timing.ts';
import { dedalusClient } from '../../../src/dedalus/client.ts';
import { machineService } from '../../../src/machine/machine-service.ts';
import type { MachineCommand } from '../../../src/machine/ports.ts';
import { wireMachine } from '../../support/dedalus-wire.ts';
import { autoClock } from '../../support/manual-clock.ts';
import { type Reply, scriptedHttp } from '../../support/scripted-http.ts';

export const MACHINE = '/v1/machines/dm-1';
export const EXECUTIONS = `${MACHINE}/executions`;

export async function serviceOnWire(timing: Partial<MachineTiming> = {}) {
  const server = await scriptedHttp();
  onTestFinished(() => server.close());
  const clock = autoClock();
  const api = dedalusClient({ apiKey: 'dsk-test', baseUrl: server.url, clock, random: () => 0.5 });
  return { server, clock, service: machineService({ api, clock, timing }) };
}

/** GET answers of one machine, phase by phase. */
export function phases(...names: string[]): Reply[] {
  return names.map((name) => ({ json: wireMachine(name) }));
}

/** An execution document. */
export function execution(status: string, extra: Record<string, unknown> = {}): Reply {
  return { json: { execution_id: 'e1', machine_id: 'dm-1', status, ...extra } };
}

export function refused(error_code: string, error_message = 'no'): Reply {
  return execution('failed', { error_code, error_message });
}

export function command(extra: Partial<MachineCommand> = {}): MachineCommand {
  return { command: ['/bin/sh', '-c', 'x'], timeoutMs: 10_000, rerunnable: false, ...extra };
}

export const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => Promise.reject(new Error('expected a failure')),
    (error: unknown) => error,
  );
