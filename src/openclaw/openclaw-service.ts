/** OpenClaw on a machine: looked at, installed, configured, started and stopped, each by one command. */
import type { JobRequestOf, ReplyOf } from '../sidecar/protocol.ts';
import type { ProviderKey } from './catalog/providers.ts';
import { openclawSettings, providerSecrets } from './catalog/settings.ts';
import { TESTED_RELEASE } from './catalog/tested-release.ts';
import { INSTALLERS } from './catalog/versions.ts';
import { readBareProbe, readProbe } from './look/read-probe.ts';
import type { InstallPlan, OpenClawService } from './ports.ts';
import { installRequest, knownPlan, type ResolveSources, resolvePlan } from './resolve-plan.ts';
import { askAnySidecar, askSidecar, type SidecarMachines, startJob } from './sidecar/ask-sidecar.ts';
import { bareJob, jobSnapshot } from './sidecar/job-snapshot.ts';

export type {
  DeploySettings,
  InstallPlan,
  JobSnapshot,
  JobStage,
  OpenClawService,
  Probe,
  StartOutcome,
  StopOutcome,
  SuspendOutcome,
} from './ports.ts';

const PROBE_MS = 20_000;
/** A job gets five seconds to end by itself. */
const STOP_JOB_MS = 30_000;
/** Slack for reading a job after its wait. */
const READ_JOB_SLACK_MS = 15_000;
/** A start waits up to 45 s for a gateway that already runs, ends it in 10 s, and gives the next one 150 s. */
const START_GATEWAY_MS = 230_000;
/** A person waits for their reply meanwhile: its end, after some seconds, must not wait for the next look. */
const STARTING = { firstMs: 60, maxMs: 400 };
/** A newer gateway drains its turns for up to 315 s; ours get this long, then they are cut. */
const STOP_MS = 20_000;
const STOP_GATEWAY_MS = 60_000;
/** On top of the wait: two questions to a busy gateway's command line, which takes up to 20 s each. */
const SUSPEND_SLACK_MS = 60_000;
/** A read of a job waits inside the machine for a new stage, of which most take seconds. */
const WAITING = { firstMs: 500, nextMs: 500, maxMs: 2_000 };
/** Seconds that one read of a job waits unless told. */
const JOB_WAIT_SECONDS = 8;

export interface OpenClawDeps extends ResolveSources {
  machines: SidecarMachines;
  /** Whose addresses may get the keys of a machine. */
  providers?: readonly ProviderKey[] | undefined;
  /** Redirected providers by variable, such as ANTHROPIC_BASE_URL: set where OpenClaw is started. */
  providerAddresses?: Readonly<Record<string, string>> | undefined;
}

// Ids of ours; a folder on the machine may have any name, and these are repeated to people.
const TURN_ID = /^turn_([A-Za-z0-9-]{1,64})_[0-9a-f]{16}(?:-\d)?$/;
// As many as a sentence can name.
const MAX_TURNS = 10;
const REPAIRS: Readonly<Record<ReplyOf<'start_gateway'>['repaired'][number], string>> = {
  gateway: 'the gateway was not running and was started',
  hung_gateway: 'the gateway hung and was replaced',
  full_disk: 'the gateway had seen a full disk; there is room again, so it was started anew',
  file_modes: 'files with secrets were readable by others and are private again',
  auth_file: 'the access token file was missing and was written again',
  pid_file: 'the record of the gateway process was missing and was written again',
};

export function openclawService(deps: OpenClawDeps): OpenClawService {
  const service: OpenClawService = {
    async probe(machineId, options) {
      const how = { timeoutMs: PROBE_MS, rerunnable: true, signal: options?.signal };
      const told = await askAnySidecar(deps.machines, machineId, 'probe', {}, how);
      return 'reply' in told ? readProbe(told.reply) : readBareProbe(told.withoutNode);
    },
    async resolve(machineId, wanted, options) {
      const tested = (deps.release ?? TESTED_RELEASE).openclaw;
      // A look that is only good for this costs a command: another release needs none before its own.
      const needed = wanted === undefined || wanted === tested;
      const seen = options?.seen ?? (needed ? await service.probe(machineId, options) : undefined);
      const known = seen && knownPlan(deps, wanted, seen);
      if (known !== undefined) return known;
      return resolvePlan(deps, wanted ?? tested, (request, how) =>
        askSidecar(deps.machines, machineId, 'resolve', request, { ...how, signal: options?.signal }),
      );
    },
    async startDeploy(machineId, jobId, plan, settings, { signal } = {}) {
      const request = deployRequest(deps, jobId, plan, settings);
      const cold = { ...withoutNode('begin', jobId), ...beginInputs(plan, request.deployment) };
      await startJob(deps, machineId, { id: jobId, kind: 'deploy', request }, { signal, cold });
    },
    async readJob(
      machineId,
      jobId,
      { signal, waitSeconds = JOB_WAIT_SECONDS, seenStages, pace = WAITING } = {},
    ) {
      const wait_ms = waitSeconds * 1000;
      const how = { timeoutMs: wait_ms + READ_JOB_SLACK_MS, rerunnable: true, pace, signal };
      const request = { id: jobId, wait_ms, seen_stages: seenStages };
      const cold = withoutNode('read', jobId);
      const told = await askAnySidecar(deps.machines, machineId, 'job_read', request, { ...how, cold });
      return jobSnapshot('reply' in told ? told.reply : bareJob(told.withoutNode));
    },
    async stopJob(machineId, jobId, { signal } = {}) {
      const how = { timeoutMs: STOP_JOB_MS, rerunnable: true, signal, cold: withoutNode('stop', jobId) };
      await askAnySidecar(deps.machines, machineId, 'job_stop', { id: jobId }, how);
    },
    async startGateway(machineId, options) {
      const addresses = deps.providerAddresses ?? {};
      const how = { timeoutMs: START_GATEWAY_MS, rerunnable: true, pace: STARTING, addresses };
      const { started, repaired } = await askSidecar(
        deps.machines,
        machineId,
        'start_gateway',
        { addresses },
        { ...how, signal: options?.signal },
      );
      return { started, repaired: repaired.map((code) => REPAIRS[code]) };
    },
    stopGateway(machineId, options) {
      const how = { timeoutMs: STOP_GATEWAY_MS, rerunnable: true, signal: options?.signal };
      return askSidecar(deps.machines, machineId, 'stop_gateway', { patience_ms: STOP_MS }, how);
    },
    async suspendGateway(machineId, { waitSeconds, signal }) {
      const wait_ms = waitSeconds * 1000;
      const how = { timeoutMs: wait_ms + SUSPEND_SLACK_MS, rerunnable: true, signal };
      const read = await askSidecar(deps.machines, machineId, 'suspend_gateway', { wait_ms }, how);
      // An id names its own machine; any other would be words of this one's choice.
      const turns = read.turns.map((id) => (TURN_ID.exec(id)?.[1] === machineId ? id : 'unknown'));
      return { ...read, turns: turns.slice(0, MAX_TURNS) };
    },
  };
  return service;
}

/** What is done about a job on a machine that has no Node yet. */
const withoutNode = (what: 'begin' | 'read' | 'stop', jobId: string) => ({
  OPENCLAW_MCP_WITHOUT_NODE: what,
  OPENCLAW_MCP_JOB_ID: jobId,
});

/** For a deploy that has to fetch its own Node before it can go on. */
const beginInputs = ({ nodeVersion, nodeSource }: InstallPlan, deployment: object) => ({
  OPENCLAW_MCP_NODE_VERSION: nodeVersion,
  OPENCLAW_MCP_NODE_SOURCE: nodeSource,
  OPENCLAW_MCP_BUN_VERSION: INSTALLERS.bun,
  OPENCLAW_MCP_DEPLOYMENT: JSON.stringify(deployment),
});

function deployRequest(
  deps: OpenClawDeps,
  jobId: string,
  plan: InstallPlan,
  settings: Parameters<OpenClawService['startDeploy']>[3],
): JobRequestOf<'deploy'> {
  const { text, model } = openclawSettings({ ...plan, ...settings });
  return {
    install: installRequest(deps, plan),
    settings: JSON.parse(text),
    provider_keys: providerSecrets(settings.providers),
    keep_model: settings.model === undefined ? 'yes' : 'no',
    deployment: {
      name: settings.name,
      operationId: jobId,
      openclawVersion: plan.openclawVersion,
      nodeVersion: plan.nodeVersion,
      model,
    },
  };
}
