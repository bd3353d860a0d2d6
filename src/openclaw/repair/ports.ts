/** What a repair may ask of a machine: a diagnosis, small mends by name, and Node or OpenClaw put back. */
import type { WaitOptions } from '../../core/abort.ts';
import type { ReplyOf, RequestOf } from '../../sidecar/protocol.ts';

/**
 * What was looked for on a machine, as its program says it. `not_checked`: a lower layer is missing, or there was no reason
 * to look. A version is undefined where it is none of ours to install again.
 */
export type Diagnosis = Omit<ReplyOf<'diagnose'>, 'node_wanted' | 'openclaw_wanted'> & {
  node_wanted: string | undefined;
  openclaw_wanted: string | undefined;
};

export type Mend = RequestOf<'mend'>['mends'][number];

/** By the name of the mend, what each that had an effect says: a count, MiB, or a word. */
export type Mended = Readonly<Record<string, string>>;

/** One finding of OpenClaw's own doctor. Both texts are foreign. */
export interface DoctorFinding {
  check: string;
  message: string;
}

/** All methods throw what MachineService.run throws, and `command_failed` when what the machine answers is not whole. */
export interface RepairService {
  /**
   * One command of about a second. Changes nothing.
   * @param options.renew whether the machine's own program is replaced first, whatever it claims to be.
   */
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
