/**
 * Chat turns: begun, followed and cancelled. Any number of calls may race or die: without `sending` nothing was sent;
 * with it, but without an end and without its owner, nobody can know how far the message came (`lost`).
 */
import { rmSync, statfsSync, statSync } from 'node:fs';
import process from 'node:process';
import { systemClock } from '../../core/clock.ts';
import type { Place } from '../place.ts';
import { identityOf } from '../process/identity.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { standingOf } from '../spend/keep.ts';
import { accountOf, failureOf } from './explain.ts';
import {
  exitOf,
  makeFolder,
  pieceFrom,
  senderLives,
  senderOf,
  sessionOf,
  sizeOf,
  type TurnFiles,
  turnFiles,
  writeOnce,
} from './files.ts';
import { finish } from './finish.ts';
import { dropImages } from './images.ts';
import { madeByNow, madeFiles } from './made.ts';
import { send } from './send.ts';

type Reply = ReplyOf<'turn_read'>;
type State = Reply['state'];

/** curl's code for what it could not write. */
const NOT_WRITTEN = 23;
/** Below this nothing can be relied on to be written. */
const FULL_BYTES = 1024 * 1024;
const MAX_ERROR = 2_000;

export async function startTurn(place: Place, request: RequestOf<'turn_start'>): Promise<Reply> {
  await send(place, turnFiles(place, request.turn), request);
  return readTurn(place, request);
}

export async function readTurn(
  place: Place,
  { turn, offset, wait_ms }: RequestOf<'turn_read'>,
): Promise<Reply> {
  const files = turnFiles(place, turn);
  const seen = await ended(files, wait_ms);
  // It ran a moment ago: whoever takes its files away must not have the message sent again.
  if (seen === 'forgotten') return { ...replyOf(place, files, 'lost', offset), sent: true };
  // What its answer leaves open is asked first: the end is told once, and whole.
  if (seen === 'done' || seen === 'failed') await finish(place, files);
  return { ...replyOf(place, files, seen, offset), ...optional({ made: await madeBy(place, files, seen) }) };
}

/** Of one whose answer broke off, what was noted then is not all: OpenClaw may have gone on with it. */
async function madeBy(place: Place, files: TurnFiles, state: State): Promise<Reply['made']> {
  if (state === 'done') return madeFiles(files);
  const brokeOff = state === 'lost' || (state === 'failed' && (exitOf(files)?.curl ?? 0) !== 0);
  return brokeOff ? madeByNow(place, files) : undefined;
}

/** Closing the connection is how a client cancels; what was not sent is never sent after this. */
export async function cancelTurn(place: Place, { turn, because }: RequestOf<'turn_cancel'>): Promise<Reply> {
  const files = turnFiles(place, turn);
  // The id of another job is left alone; where there is nothing yet, a start may be on its way.
  if (exitOf(files) === undefined && sizeOf(`${files.dir}/pid`) === 0) {
    await end(files, because);
    dropImages(place, turn);
  }
  return readTurn(place, { turn, offset: 0, wait_ms: 0 });
}

async function end(files: TurnFiles, because: string): Promise<void> {
  makeFolder(files);
  const at = systemClock.now();
  if (!writeOnce(files.sending, `${at} 0 - -\n`)) await killSender(files);
  rmSync(files.request, { force: true });
  if (exitOf(files) === undefined) writeOnce(files.exit, `${at} ${because} -\n`);
}

async function killSender(files: TurnFiles): Promise<void> {
  const known = senderOf(files)?.identity ?? '';
  const pid = Number.parseInt(known, 10);
  if (!(pid > 0) || (await identityOf(pid)) !== known) return;
  // It leads a group of its own; one that a script began has curl in it.
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return;
    } catch {
      // No such group, or it has just ended.
    }
  }
}

/** Looks at what is written down often, and at the sender itself, which costs more, twice a second. */
async function ended(files: TurnFiles, waitMs: number): Promise<State | 'forgotten'> {
  const begun = systemClock.elapsed();
  let state = await stateOf(files);
  for (let looks = 1; state === 'running'; looks++) {
    const waited = systemClock.elapsed() - begun;
    if (waited >= waitMs) break;
    await systemClock.sleep(Math.min(waitMs - waited, waited < 10_000 ? QUICK_MS : SLOW_MS));
    if (exitOf(files) !== undefined || looks % LOOKS_PER_SENDER === 0) state = await stateOf(files);
    if (state === 'unknown' || state === 'unsent') return 'forgotten';
  }
  return state;
}

const QUICK_MS = 10;
const SLOW_MS = 40;
const LOOKS_PER_SENDER = 20;

async function stateOf(files: TurnFiles): Promise<State> {
  const exit = exitOf(files);
  if (statSync(files.marker, { throwIfNoEntry: false }) === undefined) return 'unknown';
  if (exit !== undefined)
    return exit.endedFor === undefined && exit.curl === 0 && exit.http === 200 ? 'done' : 'failed';
  if (senderOf(files) === undefined) return 'unsent';
  if (await senderLives(files)) return 'running';
  // It may have ended between the two looks.
  return exitOf(files) === undefined ? 'lost' : stateOf(files);
}

function replyOf(place: Place, files: TurnFiles, state: State, offset: number): Reply {
  const exit = exitOf(files);
  const error = readText(files.error).replace(/^curl: unknown --write-out variable.*\n/m, '');
  const over = state === 'done' || state === 'failed';
  return {
    state,
    ...optional({ session: sessionOf(files), started_ms: senderOf(files)?.startedMs }),
    ...optional({
      ended_ms: exit?.endedMs,
      ended_for: exit?.endedFor,
      curl_exit: exit?.curl,
      http: exit?.http,
    }),
    ...(error === '' ? {} : { curl_error: error.slice(-MAX_ERROR) }),
    now_ms: systemClock.now(),
    sent: statSync(files.sent, { throwIfNoEntry: false }) !== undefined,
    disk_full: exit?.curl === NOT_WRITTEN || (state === 'lost' && isFull(place)),
    ...pieceFrom(files, offset, state !== 'running'),
    ...(over
      ? optional({ failure: failureOf(files), account: accountOf(files), spend: limited(place) })
      : {}),
  };
}

function limited(place: Place): Reply['spend'] {
  const standing = standingOf(place);
  return standing.keeping === 'no_limit' ? undefined : standing;
}

function isFull({ home }: Place): boolean {
  const { bavail, bsize } = statfsSync(home);
  return bavail * bsize < FULL_BYTES;
}

/** Without the fields that have no value. */
function optional<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}
