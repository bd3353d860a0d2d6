/** The assistant's own files, as a machine tells of them: names and text are a stranger's. */
import type { WaitOptions } from '../core/abort.ts';
import { type ReplyOf, type RequestOf, schemas } from '../sidecar/protocol.ts';
import type { JobSnapshot } from './ports.ts';
import { askSidecar, readAs, type SidecarMachines, startJob } from './sidecar/ask-sidecar.ts';
import { packed } from './sidecar/pieces.ts';

const LOOK_MS = 30_000;
/** Some gigabytes are put together from their pieces. */
const PUT_MS = 300_000;

type FileCommand = 'file_list' | 'file_look' | 'file_text' | 'file_may_put';

export interface FilesService {
  /** @throws AppError as the machine says why not. */
  ask<C extends FileCommand>(
    machineId: string,
    command: C,
    request: RequestOf<C>,
    options?: WaitOptions,
  ): Promise<ReplyOf<C>>;
  /** Writes a file whole or not at all, from bytes of one piece. */
  write(
    machineId: string,
    file: { path: string; replace: boolean; bytes: Uint8Array },
    options?: WaitOptions,
  ): Promise<ReplyOf<'file_put'>>;
  /** Writes a file of pieces that were carried there. */
  putTogether(
    machineId: string,
    file: { path: string; replace: boolean; sha256: string; job: string; pieces: number },
    options?: WaitOptions,
  ): Promise<ReplyOf<'file_put'>>;
  /** Starts or joins the job that packs a folder. */
  startPacking(machineId: string, job: string, path: string, options?: WaitOptions): Promise<void>;
}

export function filesService(deps: { machines: SidecarMachines }): FilesService {
  const { machines } = deps;
  const put = (machineId: string, request: RequestOf<'file_put'>, options: WaitOptions = {}) =>
    askSidecar(machines, machineId, 'file_put', request, {
      timeoutMs: PUT_MS,
      // A second time would find its own file in the way.
      rerunnable: request.replace || 'job' in request.from,
      signal: options.signal,
    });
  return {
    ask: (machineId, command, request, options = {}) =>
      askSidecar(machines, machineId, command, request, {
        timeoutMs: LOOK_MS,
        rerunnable: true,
        signal: options.signal,
      }),
    write(machineId, { path, replace, bytes }, options) {
      const { data, sha256 } = packed(bytes);
      return put(machineId, { path, replace, sha256, from: { data } }, options);
    },
    putTogether: (machineId, { path, replace, sha256, job, pieces }, options) =>
      put(machineId, { path, replace, sha256, from: { job, pieces } }, options),
    startPacking: (machineId, id, path, options) =>
      startJob(deps, machineId, { id, kind: 'pack_folder', request: { path } }, options),
  };
}

/** @throws AppError `command_failed` when it is not what the job prints. */
export async function packedFolder({
  result,
}: JobSnapshot): Promise<{ bytes: number; sha256: string; leftOut: number }> {
  const { PACK_FOLDER } = await schemas();
  const { bytes, sha256, left_out: leftOut } = readAs(PACK_FOLDER.reply, result.packed);
  return { bytes, sha256, leftOut };
}
