/** What a repair may ask of a machine: a diagnosis, small mends by name, and Node or OpenClaw put back. */
import type { WaitOptions } from '../../core/abort.ts';

/** What was looked for on a machine. `not_checked`: a lower layer is missing, or there was no reason to look. */
export interface Diagnosis {
  memoryTotalMib: number;
  memoryAvailableMib: number;
  diskFreeMib: number;
  /** Whether the gateway is started with the flags that spare memory. */
  lowMemoryFlags: boolean;
  process: 'running' | 'gone';
  listening: boolean;
  health: 'live' | 'no' | 'not_checked';
  ready: 'yes' | 'starting' | 'draining' | 'no' | 'not_checked';
  authenticated: 'yes' | 'refused' | 'no_token' | 'no' | 'not_checked';
  /** Gateways on the same state besides the one that may stay. */
  duplicates: number;
  /** Sessions whose turn a dying gateway left, and which OpenClaw works through again. Foreign text. */
  interrupted: readonly string[];
  /** The running gateway has seen a write fail for want of room. */
  sawFullDisk: boolean;
  /** A program that is not ours holds the port; who, as the machine says it. Foreign text. */
  portOwner: string | undefined;
  staleLocks: number;
  /** The gateway is gone, and want of memory ended it. */
  outOfMemory: boolean;
  node: 'ok' | 'missing' | 'broken';
  nodeVersion: string | undefined;
  tree: 'ok' | 'missing' | 'broken' | 'not_checked';
  openclawVersion: string | undefined;
  /** Parts of the tree that are gone. Foreign text. */
  treeMissing: string | undefined;
  config: 'ok' | 'invalid' | 'missing' | 'not_checked';
  /** What OpenClaw has against it. Foreign text. */
  configIssues: string | undefined;
  /** Whether there is a configuration that a gateway was proven with. */
  lastGood: boolean;
  /** Provider ids that the configuration wants a key for and that have none on the machine. */
  missingKeys: readonly string[];
  /** Files that others can read; `folder` is the state folder itself. */
  openFiles: readonly string[];
  /** `no_token`: there is no token that could be written into it. */
  authFile: 'ok' | 'missing' | 'stale' | 'no_token' | 'unreadable' | 'not_checked';
  /** Detached jobs at work: a deploy, an upgrade. */
  jobsRunning: readonly string[];
}

/** In the order in which they are done. */
export type Mend =
  | 'disk'
  | 'duplicates'
  | 'hung'
  | 'locks'
  | 'modes'
  | 'config'
  | 'keys'
  | 'auth'
  | 'low_memory';

/** By the name of the mend, what each that had an effect says: a count, MiB, or a word. */
export type Mended = Readonly<Record<string, string>>;

/** One finding of OpenClaw's own doctor. Both texts are foreign. */
export interface DoctorFinding {
  check: string;
  message: string;
}

/** All methods throw what MachineService.run throws, and `command_failed` when what the machine answers is not whole. */
export interface RepairService {
  /** One command of about a second. Changes nothing. */
  /** @param options.renew whether the machine's own program is replaced first, whatever it claims to be. */
  diagnose(machineId: string, options?: WaitOptions & { renew?: boolean }): Promise<Diagnosis>;
  /** Errors and warnings of `openclaw doctor`; undefined where it could not be asked. Takes 5 to 15 s. */
  askDoctor(machineId: string, options?: WaitOptions): Promise<readonly DoctorFinding[] | undefined>;
  /** Ends the turns that a dying gateway left; the conversations stay. @returns how many. */
  endInterrupted(machineId: string, options?: WaitOptions): Promise<number>;
  /** Each mend looks before it acts, and changes nothing that is right. */
  mend(machineId: string, mends: readonly Mend[], options?: WaitOptions): Promise<Mended>;
  /**
   * Starts a detached job that puts Node and OpenClaw back where they are not whole. Read it with OpenClawService.readJob.
   * @param nodeVersion the one that fits this OpenClaw when undefined.
   */
  startReinstall(
    machineId: string,
    jobId: string,
    openclawVersion: string,
    nodeVersion: string | undefined,
    options?: WaitOptions,
  ): Promise<void>;
}
