/** Starts a job as a detached process under an id, or joins the one that already has it; ends one for good. */
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { isErrno } from '../../core/errno.ts';
import type { Place } from '../place.ts';
import { detach } from '../process/detach.ts';
import { childEnvironment } from '../process/environment.ts';
import { endProcess, livePid } from '../process/identity.ts';
import { withLock } from '../process/lock.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { writeWhole } from '../state/object-file.ts';
import { type JobFiles, jobFiles, jobState, reserveEnd, writeStage } from './files.ts';
import { isJobKind } from './kinds.ts';
import { JOBS } from './protocol.ts';

/** Another command that starts or stops the same job takes no longer. */
const LOCK_SECONDS = 10;
/** An installer may outlive the process that started it. */
const STOP_MS = 5_000;

/**
 * One that failed or was lost starts again: its steps look before they act, so it goes on where it stopped.
 * @throws SidecarError `job_stopped`, `bad_request`, `change_needs_room`.
 */
export async function startJob(
  place: Place,
  { id, kind, request, addresses }: RequestOf<'job_start'>,
): Promise<ReplyOf<'job_start'>> {
  if (!isJobKind(kind)) throw new SidecarError('bad_request');
  const read = JOBS[kind].request.safeParse(request);
  if (!read.success) throw new SidecarError('bad_request');
  const files = jobFiles(place, id);
  return alone(place, id, files, async () => {
    if (existsSync(files.stopped)) throw new SidecarError('job_stopped');
    const state = await jobState(files);
    if (state === 'done' || state === 'running') return { started: false };
    prepare(files, JSON.stringify({ kind, request: read.data, addresses }));
    await detach({
      pidFile: files.pid,
      stdout: files.log,
      stderr: files.log,
      command: [process.execPath, process.argv[1] ?? '', 'job', place.home, String(place.port), id],
      cwd: place.home,
      env: childEnvironment(),
    });
    return { started: true };
  });
}

/** The request goes by a file that the job removes: neither arguments nor environment of a process hold it. */
function prepare(files: JobFiles, request: string): void {
  try {
    reserveEnd(files);
    writeWhole(files.request, request);
    // Says that what comes next was begun before. A machine without a Node notes what it does about that.
    if (existsSync(files.pid)) writeStage(files, 'resumed');
    else appendFileSync(files.journal, '', { mode: 0o600 });
  } catch (error) {
    rmSync(files.request, { force: true });
    throw isErrno(error, 'ENOSPC', 'EDQUOT') ? new SidecarError('change_needs_room') : error;
  }
}

/** What it has started ends with it, but a gateway, which leads a group of its own. */
export async function stopJob(place: Place, { id }: RequestOf<'job_stop'>): Promise<ReplyOf<'job_stop'>> {
  const files = jobFiles(place, id);
  return alone(place, id, files, async () => {
    writeFileSync(files.stopped, '', { mode: 0o600 });
    rmSync(files.request, { force: true });
    const pid = await livePid(files.pid);
    if (pid === undefined) return { stopped: false };
    signalGroup('SIGTERM', pid);
    await endProcess(files.pid, STOP_MS);
    signalGroup('SIGKILL', pid);
    return { stopped: true };
  });
}

function alone<T>(place: Place, id: string, { folder }: JobFiles, work: () => Promise<T>): Promise<T> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return withLock(place, `jobs/${id}/start`, LOCK_SECONDS, work);
}

/** A job leads a process group of its own, but one of an earlier version where there was no setsid. */
function signalGroup(signal: NodeJS.Signals, pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: then the process alone, which may be gone too.
    }
  }
}
