/** The files of one chat turn, which any later process reads; turns that a server's scripts began look the same. */
import {
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { isErrno } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { mcpDir, type Place } from '../place.ts';
import { identityOf } from '../process/identity.ts';
import { readText } from '../read-text.ts';

/** Everything that was ever begun on this machine has a folder here, turns among them. */
export const jobsDir = (place: Place): string => join(mcpDir(place), 'jobs');

/** What a turn's folder holds, under these names. */
export interface TurnFiles {
  dir: string;
  /** Tells a turn from other jobs. */
  marker: string;
  /** Which session it is for. */
  context: string;
  headers: string;
  request: string;
  /** The right to send: appears whole and only once, with the moment and the sender's identity. */
  sending: string;
  /** The sender has begun to send. */
  sent: string;
  response: string;
  error: string;
  /** What curl says of its end, written in place of the blanks that are there from the start: a full disk takes it too. */
  ending: string;
  transcript: string;
  runLog: string;
  /** "ended_ms curl http", or why it was ended in place of curl's code. */
  exit: string;
}

export function turnFiles(place: Place, turn: string): TurnFiles {
  return filesIn(join(jobsDir(place), turn));
}

export function filesIn(dir: string): TurnFiles {
  return {
    dir,
    marker: join(dir, 'turn'),
    context: join(dir, 'context'),
    headers: join(dir, 'headers-sent'),
    request: join(dir, 'request.json'),
    sending: join(dir, 'sending'),
    sent: join(dir, 'sent'),
    response: join(dir, 'response'),
    error: join(dir, 'curl-error'),
    ending: join(dir, 'ending'),
    transcript: join(dir, 'transcript'),
    runLog: join(dir, 'run-log'),
    exit: join(dir, 'exit'),
  };
}

export interface Sender {
  startedMs: number;
  /** "pid start boot"; `0 - -` for a turn that was cancelled before it was sent. */
  identity: string;
}

export function senderOf(files: TurnFiles): Sender | undefined {
  const [, at, identity = ''] = /^(\d+) (\S+ \S+ \S+)\n?$/.exec(readText(files.sending)) ?? [];
  return at === undefined ? undefined : { startedMs: Number(at), identity };
}

export async function senderLives(files: TurnFiles): Promise<boolean> {
  const sender = senderOf(files);
  if (sender === undefined) return false;
  return (await identityOf(Number.parseInt(sender.identity, 10))) === sender.identity;
}

export interface Exit {
  endedMs: number;
  endedFor?: 'cancelled' | 'asleep';
  /** Undefined where curl is too old to tell and said nothing of a fault. */
  curl?: number | undefined;
  http: number;
}

/** How it ended, as far as that is written down in any form. */
export function exitOf(files: TurnFiles): Exit | undefined {
  // Asked often, while as a rule it is not there: looking costs less than failing to read.
  const text = sizeOf(files.exit) > 0 ? readText(files.exit) : '';
  const [, at, how = '', http] = /^(\d+) (\S+) (\S+)\n?$/.exec(text) ?? [];
  if (at === undefined) return endingOf(files);
  const endedMs = Number(at);
  if (how === 'cancelled' || how === 'asleep') return { endedMs, endedFor: how, http: 0 };
  return { endedMs, curl: Number(how) || 0, http: Number(http) || 0 };
}

/** What the sender itself wrote last. curl before 7.75 tells its code only where it failed, in its error. */
export function endingOf(files: TurnFiles): Exit | undefined {
  const [, code, http] = /^(\d*) (\d{3})\n/.exec(readText(files.ending)) ?? [];
  if (http === undefined) return undefined;
  const told = code === '' ? /^curl: \((\d+)\)/m.exec(readText(files.error))?.[1] : code;
  return { endedMs: Math.round(statSync(files.ending).mtimeMs), curl: Number(told ?? 0), http: Number(http) };
}

const context = z.object({ session: z.string() });

export function sessionOf(files: TurnFiles): string | undefined {
  return context.safeParse(parseJson(readText(files.context))).data?.session;
}

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** A file that appears whole and only once. @returns whether this call made it. */
export function writeOnce(file: string, text: string): boolean {
  const draft = `${file}.draft-${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

export function makeFolder(files: TurnFiles): void {
  mkdirSync(files.dir, { recursive: true, mode: 0o700 });
  writeFileSync(files.marker, '', { mode: 0o600 });
}

/** Of one reply; as JSON it may be longer, see below. */
const MAX_BYTES = 384 * 1024;
const MAX_JSON = 480 * 1024;

/** A part of the answer, as much as one reply carries, and never a part of a character. */
export interface Piece {
  answer: string;
  next: number;
  more: boolean;
}

/** @param whole the answer grows no more, so that a broken character at its end is all that there will be of it. */
export function pieceFrom(files: TurnFiles, offset: number, whole: boolean, atMost = MAX_BYTES): Piece {
  let opened: number;
  try {
    opened = openSync(files.response, 'r');
  } catch {
    return { answer: '', next: offset, more: false };
  }
  try {
    const { size } = fstatSync(opened);
    for (let most = atMost; ; most = Math.floor(most / 2)) {
      const bytes = Buffer.alloc(Math.max(0, Math.min(most, size - offset)));
      const length = readSync(opened, bytes, 0, bytes.length, offset);
      const atEnd = offset + length >= size;
      const kept = length - (whole && atEnd ? 0 : openCharacter(bytes.subarray(0, length)));
      const answer = bytes.toString('utf8', 0, kept);
      if (Buffer.byteLength(JSON.stringify(answer)) > MAX_JSON) continue;
      return { answer, next: offset + kept, more: kept > 0 && !atEnd };
    }
  } finally {
    closeSync(opened);
  }
}

/** How many bytes at the end belong to a UTF-8 character that is not all there. */
function openCharacter(bytes: Buffer): number {
  for (let have = 1; have <= Math.min(4, bytes.length); have++) {
    const byte = bytes[bytes.length - have] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return have < needed ? have : 0;
  }
  return 0;
}
