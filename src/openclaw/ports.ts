/** What the rest of the code may ask of OpenClaw on a machine; `openclaw-service.ts` is the implementation. */
import type { WaitOptions } from '../core/abort.ts';
import type { AppError } from '../core/errors.ts';
import type { Pace } from '../machine/ports.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import type { ProviderKey } from './catalog/providers.ts';

/** Every layer of a machine as it was seen at once, by the names that its own program gives them. */
export type Probe = Omit<ReplyOf<'probe'>, 'node_version' | 'openclaw_version' | 'deployment'> & {
  /** Undefined when it is not installed, or does not run. */
  node_version: string | undefined;
  openclaw_version: string | undefined;
  /** The name under which it was deployed. */
  deployment_name: string | undefined;
};

/** What will be installed on a machine, decided from what that machine can reach. */
export interface InstallPlan {
  openclawVersion: string;
  nodeVersion: string;
  nodeSource: 'official' | 'registry';
  arch: string;
  home: string;
  port: number;
  /** In our words; empty when all is well. */
  warnings: readonly string[];
}

export interface DeploySettings {
  name: string;
  /** `provider/model`; the first provider's default when undefined. */
  model: string | undefined;
  /** At least one. */
  providers: readonly ProviderKey[];
}

export interface JobStage {
  name: string;
  /** Milliseconds since the epoch on the machine's own clock. */
  startedAt: number;
  /** Until the next stage began, or until the machine's now; undefined for the last stage of an ended job. */
  seconds: number | undefined;
}

export interface JobSnapshot {
  /** `unknown`: never started here · `lost`: its process went without a word, and the same id may be started again. */
  state: 'unknown' | 'running' | 'done' | 'failed' | 'lost';
  stages: readonly JobStage[];
  /** What it answered, when done. What was packed is foreign text. */
  result: Readonly<Record<string, string>>;
  /** Why it failed, when failed. */
  error: AppError | undefined;
  /** The end of its log, when failed or lost. Foreign text. */
  log: string | undefined;
}

export interface StartOutcome {
  /** False when the gateway already worked. */
  started: boolean;
  /** What was missing and was put back, one phrase of ours each. */
  repaired: readonly string[];
}

/** `killed`: it did not end by itself in time, and a turn in flight was cut. */
export type StopOutcome = ReplyOf<'stop_gateway'>;

/** `suspended`: for two minutes at most. */
export type SuspendOutcome = ReplyOf<'suspend_gateway'>;

/** All methods throw what MachineService.run throws, and `command_failed` when what the machine answers is not whole. */
export interface OpenClawService {
  /** Looks at every layer in one command of about half a second. Changes nothing. */
  probe(machineId: string, options?: WaitOptions): Promise<Probe>;
  /**
   * Asks a registry only for what is neither the tested release nor on the machine.
   * @param wanted a version or dist-tag; the tested release when undefined.
   * @throws AppError `invalid_input` naming versions that exist, `unsupported`, `unavailable`.
   */
  resolve(
    machineId: string,
    wanted: string | undefined,
    options?: WaitOptions & { seen?: Probe | undefined },
  ): Promise<InstallPlan>;
  /**
   * Starts the detached job that installs, configures and starts; returns once it runs. A job of this id that runs or is
   * done is joined; one that failed or was lost is started again and goes on where it stopped.
   */
  startDeploy(
    machineId: string,
    jobId: string,
    plan: InstallPlan,
    settings: DeploySettings,
    options?: WaitOptions,
  ): Promise<void>;
  /**
   * Waits up to `waitSeconds` inside the machine for the end, or for a stage beyond the first `seenStages` (beyond those
   * that there are when the call arrives, when undefined). `pace` says how often the API is asked meanwhile.
   */
  readJob(
    machineId: string,
    jobId: string,
    options?: WaitOptions & { waitSeconds?: number; seenStages?: number; pace?: Pace | undefined },
  ): Promise<JobSnapshot>;
  /** Ends the job of this id, whatever it is at, and keeps it from ever being started again; nothing when it has ended. */
  stopJob(machineId: string, jobId: string, options?: WaitOptions): Promise<void>;
  /** Makes the gateway answer and take our token; does nothing when it already does. */
  startGateway(machineId: string, options?: WaitOptions): Promise<StartOutcome>;
  stopGateway(machineId: string, options?: WaitOptions): Promise<StopOutcome>;
  /** Waits up to `waitSeconds` for running work, then asks the gateway to take no more. `startGateway` undoes it. */
  suspendGateway(machineId: string, options: WaitOptions & { waitSeconds: number }): Promise<SuspendOutcome>;
}
