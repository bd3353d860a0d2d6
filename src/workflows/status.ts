/** One truthful look through the layers of an assistant, from the machine up, and what to do about each finding. */
import semver from 'semver';
import type { WaitOptions } from '../core/abort.ts';
import type { Machine } from '../dedalus/api.ts';
import type { MachineService } from '../machine/ports.ts';
import type { OpenClawService, Probe } from '../openclaw/ports.ts';
import { MINIMUM_SAFE_VERSION } from '../openclaw/settings.ts';
import { safePhase } from './awake.ts';

export type LayerState = 'ok' | 'problem' | 'not_checked';

export interface Layer {
  name:
    | 'machine'
    | 'guest'
    | 'node'
    | 'openclaw'
    | 'config'
    | 'process'
    | 'health'
    | 'ready'
    | 'authenticated';
  state: LayerState;
  /** What was seen, in our words. */
  detail: string;
}

export interface Status {
  machine: Machine;
  layers: Layer[];
  /** Undefined when the machine is not awake: looking must not wake it. */
  probe: Probe | undefined;
  /** One imperative sentence for each thing that wants doing; empty when all is well. */
  advice: string[];
}

// Below these OpenClaw 2026.9 was seen to die: 1.25 GiB is killed on the first chat, an install needs 850 MB.
const MIN_MEMORY_MIB = 1536;
const MIN_DISK_FREE_MIB = 500;

/** Looks without waking, changing or repairing anything. @throws what MachineService.get throws. */
export async function gatewayStatus(
  deps: { machines: MachineService; openclaw: OpenClawService },
  machineId: string,
  options: WaitOptions,
): Promise<Status> {
  const machine = await deps.machines.get(machineId, options);
  if (machine.phase !== 'running') return asleep(machine);
  const probe = await deps.openclaw.probe(machineId, options);
  return { machine, probe, layers: layersOf(machine, probe), advice: adviceOn(machine, probe) };
}

const UPPER: readonly Layer['name'][] = [
  'guest',
  'node',
  'openclaw',
  'config',
  'process',
  'health',
  'ready',
  'authenticated',
];

function asleep(machine: Machine): Status {
  const phase = safePhase(machine.phase);
  const unseen = UPPER.map((name): Layer => ({ name, state: 'not_checked', detail: 'machine is not awake' }));
  const advice =
    phase === 'failed'
      ? ['The machine has failed: destroy_machine, then deploy_openclaw again.']
      : phase === 'sleeping' || phase === 'stopping'
        ? ['Call wake_machine, or simply chat: it wakes the machine.']
        : ['Call gateway_status again in a few seconds.'];
  return {
    machine,
    probe: undefined,
    layers: [
      { name: 'machine', state: phase === 'failed' ? 'problem' : 'ok', detail: `phase ${phase}` },
      ...unseen,
    ],
    advice,
  };
}

function layersOf(machine: Machine, probe: Probe): Layer[] {
  return [
    { name: 'machine', state: 'ok', detail: `phase ${safePhase(machine.phase)}` },
    { name: 'guest', state: 'ok', detail: `answers; ${probe.memoryAvailableMib} MiB memory free` },
    present('node', probe.nodeVersion),
    present('openclaw', probe.openclawVersion),
    layer('config', probe.config, ['valid']),
    layer('process', probe.process, ['running']),
    layer('health', probe.health, ['live']),
    layer('ready', probe.ready, ['yes']),
    layer('authenticated', probe.authenticated, ['yes']),
  ];
}

function present(name: Layer['name'], version: string | undefined): Layer {
  return version === undefined
    ? { name, state: 'problem', detail: 'not installed' }
    : { name, state: 'ok', detail: version };
}

function layer(name: Layer['name'], seen: string, good: readonly string[]): Layer {
  if (seen === 'not_checked') return { name, state: 'not_checked', detail: 'a lower layer failed' };
  return { name, state: good.includes(seen) ? 'ok' : 'problem', detail: seen };
}

function adviceOn(machine: Machine, probe: Probe): string[] {
  return [...missing(probe), ...posture(machine, probe)];
}

/** At most one: the lowest broken layer explains those above it. */
function missing(probe: Probe): string[] {
  const repair = 'Call wake_machine: it repairs this in place.';
  if (!probe.nodeVersion || !probe.openclawVersion)
    return ['OpenClaw is not installed whole: call deploy_openclaw with this machine_id.'];
  if (probe.jobsRunning.length > 0 && probe.ready !== 'yes')
    return ['An installation is running: call get_operation.'];
  if (probe.config !== 'valid')
    return ['The configuration is broken: call deploy_openclaw with this machine_id to write it anew.'];
  if (probe.process === 'gone' && probe.portOwner !== undefined)
    return ["Another program holds the gateway's port: end it on the machine, then call wake_machine."];
  if (probe.process === 'gone')
    return [`The gateway is not running. ${repair} read_logs shows why it ended.`];
  if (probe.ready === 'starting')
    return ['The gateway is starting: call gateway_status again in a few seconds.'];
  if (probe.ready === 'draining')
    return ['The gateway is finishing its last turns before it stops: call wake_machine in a minute.'];
  if (probe.ready !== 'yes') return [`The gateway does not answer as it should. ${repair}`];
  if (probe.authenticated !== 'yes') return [`The gateway does not take its own token. ${repair}`];
  return [];
}

function posture(machine: Machine, probe: Probe): string[] {
  const advice: string[] = [];
  if (probe.openclawVersion && semver.lt(probe.openclawVersion, MINIMUM_SAFE_VERSION)) {
    advice.push(
      `OpenClaw ${probe.openclawVersion} has known holes: deploy ${MINIMUM_SAFE_VERSION} or newer.`,
    );
  }
  const open = Object.entries(probe.fileModes).filter(([, mode]) => mode !== '600');
  if (open.length > 0)
    advice.push(
      `${open.map(([file, mode]) => `${file} has mode ${mode}`).join(', ')}: call wake_machine to make them private.`,
    );
  if (probe.diskFreeMib < MIN_DISK_FREE_MIB)
    advice.push(`Only ${probe.diskFreeMib} MiB of disk are free: remove files, or the gateway stops.`);
  if (probe.memoryTotalMib < MIN_MEMORY_MIB)
    advice.push(
      `${probe.memoryTotalMib} MiB of memory are too little for present versions: deploy with 2048 or more.`,
    );
  if (machine.autosleepSeconds !== undefined && machine.autosleepSeconds > 0) {
    advice.push(
      `It sleeps after ${machine.autosleepSeconds} s without a call; channels then stay silent (autosleep "never" keeps it awake).`,
    );
  }
  return advice;
}
