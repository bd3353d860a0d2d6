/**
 * Sends the message of a turn, at most once for all time, by a process of its own that outlives this one: curl, which
 * writes the answer and its own end into files. If the connection were ours, our end would abort the turn.
 */
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { isErrno } from '../../core/errno.ts';
import { authFile, mcpDir, type Place } from '../place.ts';
import { spawnWaiting, type Waiting } from '../process/detach.ts';
import { bareEnvironment } from '../process/environment.ts';
import { identityOf } from '../process/identity.ts';
import type { RequestOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { admitTurn } from '../spend/keep.ts';
import { writeWhole } from '../state/object-file.ts';
import { exitOf, makeFolder, sizeOf, type TurnFiles, writeOnce } from './files.ts';
import { bodyWith } from './images.ts';

/** Longer than anything that curl writes at its end. */
const BLANKS = `${' '.repeat(31)}\n`;

/** @throws SidecarError `not_configured`, `turn_without_room`, `limit_reached`, `images_gone`; then nothing was sent. */
export async function send(place: Place, files: TurnFiles, request: RequestOf<'turn_start'>): Promise<void> {
  if (sizeOf(files.sending) > 0) return;
  if (sizeOf(join(files.dir, 'pid')) > 0) throw new SidecarError('bad_job_id');
  if (readText(authFile(place)).trim() === '') throw new SidecarError('not_configured');
  await admitTurn(place, request.limit);
  const body = bodyWith(place, request);
  try {
    prepare(files, request, body);
    await sendClaimed(place, files, laneOf(place, request.key));
  } catch (error) {
    throw isErrno(error, 'ENOSPC', 'EDQUOT') ? new SidecarError('turn_without_room') : error;
  }
}

/** Each file whole or not at all: another start of this turn may be sending just now. */
function prepare(files: TurnFiles, { key, headers }: RequestOf<'turn_start'>, body: string): void {
  makeFolder(files);
  writeWhole(files.context, JSON.stringify({ session: key }));
  writeWhole(files.headers, `${headers}\n`);
  writeWhole(files.request, body);
  try {
    writeFileSync(files.ending, BLANKS, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    // The sender of another start may be about to write its end there.
    if (!isErrno(error, 'EEXIST')) throw error;
  }
}

async function sendClaimed(place: Place, files: TurnFiles, lane: string): Promise<void> {
  const sender = await waitingSender(place, files, lane);
  try {
    const identity = await identityOf(sender.pid);
    if (identity === undefined) return;
    if (writeOnce(files.sending, `${systemClock.now()} ${identity}\n`)) await sender.begin();
    // Another start was faster, and may have ended before we wrote the message down again.
    else if (exitOf(files)) rmSync(files.request, { force: true });
  } finally {
    sender.giveUp();
  }
}

async function waitingSender(place: Place, files: TurnFiles, lane: string): Promise<Waiting> {
  const out = openSync(files.ending, 'r+');
  const err = openSync(files.error, 'a', 0o600);
  try {
    const url = `http://127.0.0.1:${place.port}/v1/chat/completions`;
    const command = inLane(lane, [...SAY_AND_BECOME, ...curlCommand(authFile(place), url)]);
    return await spawnWaiting({ command, cwd: files.dir, env: bareEnvironment() }, out, err);
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

/** From here on the message counts as sent; where that cannot be written, it is not sent. */
const SAY_AND_BECOME = ['/bin/sh', '-c', ': >sent && exec "$@"', 'sh'];

/** No time limit: an agent may work for hours, and the gateway ends a turn by its own rules. */
function curlCommand(auth: string, url: string): string[] {
  return [
    ...['curl', '-q', '--proto', '=http', '-sS', '-N', '--noproxy', '*', '--connect-timeout', '5'],
    ...['-H', `@${auth}`, '-H', '@headers-sent', '-H', 'Content-Type: application/json'],
    // An empty Expect: with a large body curl would otherwise wait a second for a "100 Continue".
    ...['-H', 'Expect:', '--data-binary', '@request.json', '-o', 'response'],
    ...['-w', '%{exitcode} %{http_code}\\n', url],
  ];
}

/**
 * One at a time per session: 2026.9.6 queues them too, but fails all but one when they start a new session together.
 * flock becomes the command and keeps the lock with it, so nobody has to live for it.
 */
function inLane(lane: string, command: string[]): string[] {
  return hasFlock() ? ['flock', '-F', lane, ...command] : command;
}

function hasFlock(): boolean {
  return bareEnvironment()
    .PATH.split(':')
    .some((folder) => sizeOf(join(folder, 'flock')) > 0);
}

function laneOf(place: Place, key: string): string {
  const lanes = join(mcpDir(place), 'lanes');
  mkdirSync(lanes, { recursive: true, mode: 0o700 });
  return join(lanes, createHash('sha256').update(key).digest('hex').slice(0, 32));
}
