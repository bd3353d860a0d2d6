/** Everything that `gateway_status` asks of a machine, by one command. */
import type { WaitOptions } from '../core/abort.ts';
import { isAppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { type LiveAnswers, shownSettings } from './configure.ts';
import { machineScript } from './machine-script.ts';
import type { Probe } from './ports.ts';
import { type Posture, readPosture } from './posture.ts';
import { readProbe } from './read-probe.ts';
import { runScript, type ScriptOutput } from './script-output.ts';

export interface Look {
  probe: Probe;
  /** Undefined where OpenClaw is not installed, or could not be read. */
  posture: Posture | undefined;
  /** Of a running gateway alone. Foreign text. */
  channels:
    | { live: LiveAnswers; config: Readonly<Record<string, unknown>>; secretNames: readonly string[] }
    | undefined;
}

export interface LookService {
  /**
   * Changes nothing. Throws what MachineService.run throws, and `command_failed` when the output is not whole.
   * @param audit whether OpenClaw's own audit runs too: two to four seconds.
   */
  look(machineId: string, audit: boolean, options?: WaitOptions): Promise<Look>;
}

/** Half a second as a rule; OpenClaw's command line may be started twice, 20 s each on a busy machine. */
const LOOK_MS = 90_000;
/** A look without channels has ended by then. */
const PACE = { firstMs: 500 };

export function lookService(machines: Pick<MachineService, 'run'>): LookService {
  return {
    async look(machineId, audit, options) {
      const env = { OPENCLAW_MCP_AUDIT: audit ? 'yes' : 'no' };
      const how = { timeoutMs: LOOK_MS, rerunnable: true, pace: PACE };
      const output = await runScript(machines, machineId, machineScript('status', env, how), options);
      return { probe: readProbe(output), posture: readPosture(output), channels: channelsIn(output) };
    },
  };
}

/** A part that cannot be read leaves a gap. */
function channelsIn(output: ScriptOutput): Look['channels'] {
  if (output.values.live !== 'yes') return undefined;
  try {
    const { live, config, secretNames } = shownSettings(output);
    return live && { live, config, secretNames };
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}
