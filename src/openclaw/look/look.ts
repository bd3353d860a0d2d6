/** Everything that `gateway_status` asks of a machine, by one request. */
import type { WaitOptions } from '../../core/abort.ts';
import { isAppError } from '../../core/errors.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import { type LiveAnswers, shownSettings } from '../configure/configure.ts';
import type { Probe } from '../ports.ts';
import { askAnySidecar, type SidecarMachines } from '../sidecar/ask-sidecar.ts';
import { type Automation, readAutomations } from './automations.ts';
import { type Posture, readPosture } from './posture.ts';
import { readBareProbe, readProbe } from './read-probe.ts';

export interface Look {
  probe: Probe;
  /** Undefined where OpenClaw is not installed, or could not be read. */
  posture: Posture | undefined;
  /** Of a running gateway alone. Foreign text. */
  channels:
    | { live: LiveAnswers; config: Readonly<Record<string, unknown>>; secretNames: readonly string[] }
    | undefined;
  /** Those that are switched on; undefined where it cannot be told. Names are foreign. */
  automations?: readonly Automation[] | undefined;
}

export type LookService = ReturnType<typeof lookService>;

/** Half a second as a rule; OpenClaw's command line may be started twice, 20 s each on a busy machine. */
const LOOK_MS = 90_000;
/** A look without channels has ended by then. */
const PACE = { firstMs: 500 };

export function lookService(machines: SidecarMachines) {
  return {
    /**
     * Changes nothing. Throws what MachineService.run throws, and `command_failed` when the output is not whole.
     * @param audit whether OpenClaw's own audit runs too: two to four seconds.
     */
    async look(machineId: string, audit: boolean, { signal }: WaitOptions = {}): Promise<Look> {
      const how = { timeoutMs: LOOK_MS, rerunnable: true, pace: PACE, signal };
      const told = await askAnySidecar(machines, machineId, 'status', { audit }, how);
      if ('withoutNode' in told)
        return { probe: readBareProbe(told.withoutNode), posture: undefined, channels: undefined };
      const { probe, posture, shown, automations } = told.reply;
      return {
        probe: readProbe(probe),
        posture: posture && readPosture(posture),
        channels: channelsIn(shown),
        automations: automations && readAutomations(automations),
      };
    },
  };
}

/** A part that cannot be read leaves a gap. */
function channelsIn(shown: ReplyOf<'show'> | undefined): Look['channels'] {
  if (shown?.live === undefined) return undefined;
  try {
    const { live, config, secretNames } = shownSettings(shown);
    return live && { live, config, secretNames };
  } catch (error) {
    if (isAppError(error)) return undefined;
    throw error;
  }
}
