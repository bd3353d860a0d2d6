/** One truthful look through the layers of an assistant, from the machine up, and what to do about each finding. */
import type { WaitOptions } from '../../core/abort.ts';
import type { Brought } from '../../core/brought.ts';
import { onFailure } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { OpeningCalls } from '../../dedalus/calls/openings.ts';
import type { MachineService } from '../../machine/ports.ts';
import { type NewestRelease, newerThan } from '../../openclaw/catalog/newest-release.ts';
import { ownAddresses, type ProviderKey } from '../../openclaw/catalog/providers.ts';
import { isUntested, type TestedRelease } from '../../openclaw/catalog/tested-release.ts';
import type { Automation } from '../../openclaw/look/automations.ts';
import type { GatewayHistory } from '../../openclaw/look/gateway-events.ts';
import type { LookService } from '../../openclaw/look/look.ts';
import type { AuditFinding } from '../../openclaw/look/posture.ts';
import type { Spend, SpendService } from '../../openclaw/look/spend.ts';
import type { Probe } from '../../openclaw/ports.ts';
import { type ChannelState, channelStates } from '../configure/channels.ts';
import { remainingKeys } from '../configure/remaining-keys.ts';
import { standingWords } from '../limits/daily-limit.ts';
import { safePhase } from '../power/machine-phase.ts';
import { missedWhileAsleep } from './automations.ts';
import { type Finding, postureFindings, strangers } from './exposure.ts';

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
  /** Undefined where no gateway could be asked. Errors are foreign. */
  channels: ChannelState[] | undefined;
  /** How well it is protected; empty when nothing could be seen. */
  posture: Finding[];
  /** What happened to its gateway that nobody asked for; undefined where it cannot be told. */
  history: GatewayHistory | undefined;
  /** Written by OpenClaw: foreign but for the severities. */
  audit: AuditFinding[];
  /** Addresses and programs in its settings that are not ours. Foreign. */
  strange: readonly Brought[];
  /** What will run by itself; undefined where it cannot be told. Names are foreign. */
  automations?: readonly Automation[] | undefined;
  /** One imperative sentence for each thing that wants doing; empty when all is well. */
  advice: string[];
  /** Undefined where it cannot be told. */
  spend: Spend | undefined;
}

export interface StatusDeps {
  openings: OpeningCalls;
  machines: MachineService;
  look: LookService;
  spend: SpendService;
  release: TestedRelease;
  newest: NewestRelease;
  /** What this server's environment holds now. */
  providers: readonly ProviderKey[];
}

/**
 * Looks without waking, changing or repairing anything.
 * @param audit whether OpenClaw's own audit runs too: two to four seconds.
 * @throws what MachineService.get throws.
 */
export async function gatewayStatus(
  deps: StatusDeps,
  machineId: string,
  audit: boolean,
  options: WaitOptions,
): Promise<Status> {
  const machine = await deps.machines.get(machineId, options);
  if (machine.phase !== 'running') return asleep(machine);
  // A part that cannot be seen leaves a gap; the rest of the look is worth having.
  const unseen = onFailure(undefined, options.signal);
  const [{ probe, posture, channels: live, automations }, newest, openings, spend] = await Promise.all([
    deps.look.look(machineId, audit, options),
    deps.newest(),
    deps.openings.listOpenings(machineId, options).then((open) => open ?? null, unseen),
    deps.spend.spend(machineId, 'days', options).catch(unseen),
  ]);
  const channels = live && channelStates(live.live, live.config);
  const kept =
    live && deps.providers.length > 0 ? remainingKeys(live.secretNames, deps.providers) : undefined;
  const strange = strangers(posture, ownAddresses(deps.providers));
  const findings = postureFindings({ machine, probe, posture, openings, audited: audit, kept, strange });
  return {
    machine,
    probe,
    channels,
    layers: layersOf(machine, probe, newer(probe, newest, deps.release)),
    posture: findings,
    history: posture?.gateway,
    audit: posture?.audit ?? [],
    strange,
    automations,
    spend,
    advice: [
      ...missing(probe),
      ...limitAdvice(spend),
      ...asleepAdvice(machine, automations),
      ...findings.flatMap(({ fix, detail }) => (fix ? [`${capital(detail)}: ${fix}`] : [])),
    ],
  };
}

/** A machine that sleeps by itself does not run what is due then. */
function asleepAdvice({ autosleepSeconds }: Machine, automations: Status['automations']): string[] {
  const missed = autosleepSeconds === 0 ? undefined : missedWhileAsleep(automations);
  return missed === undefined
    ? []
    : [`${missed} Call configure_openclaw with autosleep "never" to have it run, which bills all the time.`];
}

function limitAdvice(spend: Spend | undefined): string[] {
  const words = spend && standingWords(spend);
  if (spend?.keeping === 'not_kept')
    return [
      `The gateway's settings no longer name what keeps the daily limit for messengers and automations: call configure_openclaw with the daily_limit again.${words === undefined ? '' : ` ${words}`}`,
    ];
  return words === undefined ? [] : [words];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
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
    channels: undefined,
    posture: [],
    history: undefined,
    audit: [],
    strange: [],
    advice,
    spend: undefined,
  };
}

/** Told beside the version; nothing is wrong with an older one. */
function newer(probe: Probe, newest: string | undefined, release: TestedRelease): string | undefined {
  const { openclaw_version: openclawVersion } = probe;
  if (openclawVersion === undefined) return undefined;
  return isUntested(openclawVersion, release)
    ? `This server was tested up to ${release.openclaw}.`
    : newerThan(openclawVersion, newest, release);
}

function layersOf(machine: Machine, probe: Probe, newerRelease: string | undefined): Layer[] {
  return [
    { name: 'machine', state: 'ok', detail: `phase ${safePhase(machine.phase)}` },
    { name: 'guest', state: 'ok', detail: `answers; ${probe.memory_available_mib} MiB memory free` },
    present('node', probe.node_version),
    present('openclaw', probe.openclaw_version, newerRelease),
    layer('config', probe.config, ['valid']),
    layer('process', probe.process, ['running']),
    layer('health', probe.health, ['live']),
    layer('ready', probe.ready, ['yes']),
    layer('authenticated', probe.authenticated, ['yes']),
  ];
}

function present(name: Layer['name'], version: string | undefined, more?: string): Layer {
  return version === undefined
    ? { name, state: 'problem', detail: 'not installed, or its version cannot be read' }
    : { name, state: 'ok', detail: [version, ...(more ? [more] : [])].join('; ') };
}

function layer(name: Layer['name'], seen: string, good: readonly string[]): Layer {
  if (seen === 'not_checked') return { name, state: 'not_checked', detail: 'a lower layer failed' };
  return { name, state: good.includes(seen) ? 'ok' : 'problem', detail: seen };
}

/** At most one: the lowest broken layer explains those above it. */
function missing(probe: Probe): string[] {
  const repair = 'Call repair_openclaw: it mends this in place.';
  if (!probe.node_version || !probe.openclaw_version)
    return [
      'OpenClaw is not installed whole: call repair_openclaw, or deploy_openclaw with this machine_id where it never was.',
    ];
  if (probe.jobs_running.length > 0 && probe.ready !== 'yes')
    return ['An installation is running: call get_operation.'];
  if (probe.config !== 'valid')
    return ['The configuration is broken: call repair_openclaw to go back to the last one that worked.'];
  if (probe.process === 'gone' && probe.port_owner !== undefined)
    return ["Another program holds the gateway's port: end it on the machine, then call repair_openclaw."];
  if (probe.process === 'gone')
    return [`The gateway is not running. ${repair} read_logs shows why it ended.`];
  if (probe.ready === 'starting')
    return ['The gateway is starting: call gateway_status again in a few seconds.'];
  if (probe.ready === 'draining')
    return ['The gateway is finishing its last turns before it stops: call wake_machine in a minute.'];
  if (probe.ready !== 'yes') return [`The gateway does not answer as it should. ${repair}`];
  if (probe.authenticated !== 'yes') return [`The gateway does not take its own token. ${repair}`];
  if (probe.interrupted.length > 0)
    return [
      `The gateway went down in the middle of ${probe.interrupted.length} turn(s), which OpenClaw now runs again; a chat to their sessions (named below) waits for that. Call repair_openclaw to end them and keep the conversations.`,
    ];
  return [];
}
