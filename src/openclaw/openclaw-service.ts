/** OpenClaw on a machine: looked at, installed, configured, started and stopped, each by one script. */
import * as z from 'zod';
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import type { RequestOf } from '../sidecar/protocol.ts';
import { installInputs } from './install-inputs.ts';
import { jobSnapshot } from './job-snapshot.ts';
import { jobScript, largeInput, machineScript } from './machine-script.ts';
import type { InstallPlan, OpenClawService } from './ports.ts';
import type { ProviderKey } from './providers.ts';
import { readProbe } from './read-probe.ts';
import { knownPlan, type ResolveSources, resolvePlan } from './resolve-plan.ts';
import { runScript, type ScriptOutput } from './script-output.ts';
import { openclawSettings, providerSecrets } from './settings.ts';
import { TESTED_RELEASE } from './tested-release.ts';

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

/** Seconds inside the machine, and the milliseconds that the command around them may take. */
const PROBE_MS = 20_000;
const START_JOB_MS = 30_000;
/** A job gets five seconds to end by itself. */
const STOP_JOB_MS = 30_000;
/** Slack for reading a job after its wait. */
const READ_JOB_SLACK_MS = 15_000;
/** A start waits up to 45 s for a gateway that already runs, ends it in 10 s, and gives the next one 150 s. */
const START_GATEWAY_MS = 230_000;
/** A person waits for their reply meanwhile: its end, after some seconds, must not wait for the next look. */
const STARTING = { firstMs: 60, maxMs: 400 };
/** A newer gateway drains its turns for up to 315 s; ours get this long, then they are cut. */
const STOP_SECONDS = 20;
const STOP_GATEWAY_MS = 60_000;
/** On top of the wait: two questions to a busy gateway's command line, which takes up to 20 s each. */
const SUSPEND_SLACK_MS = 60_000;
/** A read of a job waits inside the machine for a new stage, of which most take seconds. */
const WAITING = { firstMs: 500, nextMs: 500, maxMs: 2_000 };
/** Seconds that one read of a job waits unless told. */
const JOB_WAIT_SECONDS = 8;

export interface OpenClawDeps extends ResolveSources {
  machines: Pick<MachineService, 'run'>;
  /** Whose addresses may get the keys of a machine. */
  providers?: readonly ProviderKey[] | undefined;
  /** Redirected providers by variable, such as ANTHROPIC_BASE_URL: set where OpenClaw is started. */
  providerAddresses?: Readonly<Record<string, string>> | undefined;
}

// Ids of ours; a folder on the machine may have any name, and these are repeated to people.
const TURN_ID = /^turn_([A-Za-z0-9-]{1,64})_[0-9a-f]{16}(?:-\d)?$/;
// As many as a sentence can name.
const MAX_TURNS = 10;
const startOutput = z.object({ started: z.enum(['yes', 'no']), repaired: z.string() });
const suspendOutput = z.object({
  state: z.enum(['suspended', 'idle', 'busy', 'down']),
  turns: z.string().transform((ids) => {
    const running = ids.split(' ').filter((id) => id !== '');
    return running.map((id) => (TURN_ID.test(id) ? id : 'unknown'));
  }),
  blockers: z.coerce.number().int().nonnegative().max(1_000_000),
});
const stopOutput = z.object({ how: z.enum(['not_running', 'stopped', 'killed']) });

const REPAIRS: Readonly<Record<string, string>> = {
  gateway: 'the gateway was not running and was started',
  hung_gateway: 'the gateway hung and was replaced',
  file_modes: 'files with secrets were readable by others and are private again',
  auth_file: 'the access token file was missing and was written again',
  pid_file: 'the record of the gateway process was missing and was written again',
};

/** @throws AppError `command_failed` when it is not what the script prints: a machine's fault, and none of this server. */
function told<T>(schema: z.ZodType<T>, { values }: ScriptOutput): T {
  const read = schema.safeParse(values);
  if (read.success) return read.data;
  throw new AppError('command_failed', "The machine's account of its gateway cannot be read", {
    next: 'Call repair_openclaw, then repeat the call.',
  });
}

export function openclawService(deps: OpenClawDeps): OpenClawService {
  const run = (machineId: string, script: ReturnType<typeof machineScript>, options?: WaitOptions) =>
    runScript(deps.machines, machineId, script, { signal: options?.signal });
  const service: OpenClawService = {
    async probe(machineId, options) {
      return readProbe(
        await run(machineId, machineScript('probe', {}, { timeoutMs: PROBE_MS, rerunnable: true }), options),
      );
    },
    async resolve(machineId, wanted, options) {
      const tested = (deps.release ?? TESTED_RELEASE).openclaw;
      // A look that is only good for this costs a command: another release needs none before its own.
      const needed = wanted === undefined || wanted === tested;
      const seen = options?.seen ?? (needed ? await service.probe(machineId, options) : undefined);
      const known = seen && knownPlan(deps, wanted, seen);
      return known ?? resolvePlan(deps, wanted ?? tested, (script) => run(machineId, script, options));
    },
    async startDeploy(machineId, jobId, plan, settings, options) {
      const script = jobScript('deploy', jobId, deployEnv(deps, jobId, plan, settings), {
        timeoutMs: START_JOB_MS,
        rerunnable: true,
      });
      await run(machineId, script, options);
    },
    async readJob(machineId, jobId, options) {
      const waitSeconds = options?.waitSeconds ?? JOB_WAIT_SECONDS;
      const env = {
        OPENCLAW_MCP_JOB_ID: jobId,
        OPENCLAW_MCP_WAIT_S: `${waitSeconds}`,
        ...(options?.seenStages === undefined ? {} : { OPENCLAW_MCP_SEEN_STAGES: `${options.seenStages}` }),
      };
      const timeoutMs = waitSeconds * 1000 + READ_JOB_SLACK_MS;
      return jobSnapshot(
        await run(
          machineId,
          machineScript('read-job', env, { timeoutMs, rerunnable: true, pace: options?.pace ?? WAITING }),
          options,
        ),
      );
    },
    async stopJob(machineId, jobId, options) {
      const env = { OPENCLAW_MCP_JOB_ID: jobId };
      await run(
        machineId,
        machineScript('stop-job', env, { timeoutMs: STOP_JOB_MS, rerunnable: true }),
        options,
      );
    },
    async startGateway(machineId, options) {
      const script = machineScript(
        'start-gateway',
        { ...deps.providerAddresses },
        { timeoutMs: START_GATEWAY_MS, rerunnable: true, pace: STARTING },
      );
      const { started, repaired } = told(startOutput, await run(machineId, script, options));
      const codes = [...new Set(repaired.split(' ').filter((code) => code !== ''))];
      return { started: started === 'yes', repaired: codes.flatMap((code) => REPAIRS[code] ?? []) };
    },
    async stopGateway(machineId, options) {
      const env = { OPENCLAW_MCP_STOP_TIMEOUT_S: `${STOP_SECONDS}` };
      const script = machineScript('stop-gateway', env, { timeoutMs: STOP_GATEWAY_MS, rerunnable: true });
      const output: ScriptOutput = await run(machineId, script, options);
      return told(stopOutput, output);
    },
    async suspendGateway(machineId, options) {
      const { waitSeconds } = options;
      const timeoutMs = waitSeconds * 1000 + SUSPEND_SLACK_MS;
      const env = { OPENCLAW_MCP_WAIT_S: `${waitSeconds}` };
      const script = machineScript('suspend-gateway', env, { timeoutMs, rerunnable: true });
      const read = told(suspendOutput, await run(machineId, script, options));
      // An id names its own machine; any other would be words of this one's choice.
      const turns = read.turns.map((id) => (TURN_ID.exec(id)?.[1] === machineId ? id : 'unknown'));
      return { ...read, turns: turns.slice(0, MAX_TURNS) };
    },
  };
  return service;
}

function deployEnv(
  sources: OpenClawDeps,
  jobId: string,
  plan: InstallPlan,
  settings: Parameters<OpenClawService['startDeploy']>[3],
): Record<string, string> {
  const { text, model } = openclawSettings({ ...plan, ...settings });
  // The rest of the request is what only the machine knows.
  const wish: Omit<RequestOf<'configure'>, 'proven' | 'switched'> = {
    settings: JSON.parse(text),
    provider_keys: providerSecrets(settings.providers),
    keep_model: settings.model === undefined ? 'yes' : 'no',
  };
  const deployment = {
    name: settings.name,
    operationId: jobId,
    openclawVersion: plan.openclawVersion,
    nodeVersion: plan.nodeVersion,
    model,
  };
  return {
    ...sources.providerAddresses,
    ...largeInput('OPENCLAW_MCP_CONFIGURE', JSON.stringify(wish)),
    OPENCLAW_MCP_DEPLOYMENT: JSON.stringify(deployment),
    ...installInputs(sources, plan),
  };
}
