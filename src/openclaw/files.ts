/** The assistant's own files, as a machine tells of them: names and text are a stranger's. */
import type { WaitOptions } from '../core/abort.ts';
import { type RequestOf, schemas } from '../sidecar/protocol.ts';
import type { JobSnapshot } from './ports.ts';
import { askSidecar, readAs, type SidecarMachines, startJob } from './sidecar/ask-sidecar.ts';
import { packed } from './sidecar/pieces.ts';

const LOOK_MS = 30_000;
/** Some gigabytes are put together from their pieces. */
const PUT_MS = 300_000;

type FileCommand = 'file_list' | 'file_look' | 'file_text' | 'file_may_put';

export type FilesService = ReturnType<typeof filesService>;

export function filesService(deps: { machines: SidecarMachines }) {
  const { machines } = deps;
  const put = (machineId: string, request: RequestOf<'file_put'>, { signal }: WaitOptions = {}) =>
    // A second time would find its own file in the way.
    askSidecar(machines, machineId, 'file_put', request, {
      ...{ timeoutMs: PUT_MS, signal },
      rerunnable: request.replace || 'job' in request.from,
    });
  return {
    /** @throws AppError as the machine says why not. */
    ask: <C extends FileCommand>(
      machineId: string,
      command: C,
      request: RequestOf<C>,
      { signal }: WaitOptions = {},
    ) => askSidecar(machines, machineId, command, request, { timeoutMs: LOOK_MS, rerunnable: true, signal }),
    /** Writes a file whole or not at all, from bytes of one piece. */
    write(
      machineId: string,
      { path, replace, bytes }: { path: string; replace: boolean; bytes: Uint8Array },
      options?: WaitOptions,
    ) {
      const { data, sha256 } = packed(bytes);
      return put(machineId, { path, replace, sha256, from: { data } }, options);
    },
    /** Writes a file of pieces that were carried there. */
    putTogether: (
      machineId: string,
      { job, pieces, ...file }: Omit<RequestOf<'file_put'>, 'from'> & { job: string; pieces: number },
      options?: WaitOptions,
    ) => put(machineId, { ...file, from: { job, pieces } }, options),
    /** Starts or joins the job that packs a folder. */
    startPacking: (machineId: string, id: string, path: string, options?: WaitOptions) =>
      startJob(deps, machineId, { id, kind: 'pack_folder', request: { path } }, options),
  };
}

/** @throws AppError `command_failed` when it is not what the job prints. */
export async function packedFolder({ result }: JobSnapshot) {
  const { PACK_FOLDER } = await schemas();
  return readAs(PACK_FOLDER.reply, result.packed);
}
