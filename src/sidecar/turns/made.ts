/** Which files appeared or changed while a turn ran: in the workspaces, and in what OpenClaw sends out. */
import { lstatSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { systemClock } from '../../core/clock.ts';
import { parseJson } from '../../core/json.ts';
import { isPlainName, openFolders, shown } from '../files/roots.ts';
import type { Place } from '../place.ts';
import { namesIn, readText } from '../read-text.ts';
import { listRows } from '../sessions/session-rows.ts';
import { writeWhole } from '../state/object-file.ts';
import { endingOf, filesIn, jobsDir, sessionOf, type TurnFiles } from './files.ts';
import { made as schema } from './protocol.ts';

type Made = z.infer<typeof schema>;

const MOST_FILES = 50;
/** Of all paths together: a reply has the answer to carry too. */
const MOST_PATH_CHARS = 12_000;
/** What `files` takes. */
const LONGEST_PATH = 1_000;
/** Of the machine's only thread; what was not looked at by then is said to be more. */
const MOST_MS = 50;
/** So many are looked at in any case, however busy the machine is. */
const BETWEEN_CLOCKS = 32;
/** A gateway on the same machine answers in 6 to 60; the turn's end is not held up for one that does not. */
const ASK_MS = 200;
const MOST_SESSIONS = 50;
const MOST_TURNS = 200;
/** What is written for a turn may come a moment after its last word. */
const AFTER_MS = 1_000;
/** A folder's own size grows with what it holds: of some thousand names on, reading it may take all the time there is. */
const LARGE_FOLDER = 64 * 1024;
const LEFT_OUT = new Set(['.git', 'node_modules']);

const keptIn = (files: TurnFiles) => join(files.dir, 'made.json');

/**
 * Notes what is to be told, once the turn has ended. What somebody else changed later is not taken for the turn's, so this
 * may come late: after a start of this program, or a wake. Fails nothing: the reply is worth more than this note.
 */
export async function keepMadeFiles(place: Place, files: TurnFiles): Promise<void> {
  try {
    const made = await madeUntil(place, files, endingOf(files)?.endedMs ?? systemClock.now());
    if (made !== undefined) writeWhole(keptIn(files), JSON.stringify(made));
  } catch {
    // A full disk, a folder that was taken away meanwhile, a setting that nobody can read: then nothing is told.
  }
}

/** As it was noted. Undefined where it was not, or cannot be read. */
export function madeFiles(files: TurnFiles): Made | undefined {
  return schema.safeParse(parseJson(readText(keptIn(files)))).data;
}

/** Of a turn whose end nobody received, and which OpenClaw may have gone on with: what has changed by now. */
export async function madeByNow(place: Place, files: TurnFiles): Promise<Made | undefined> {
  return madeUntil(place, files, systemClock.now()).catch(() => undefined);
}

/** Both moments are of the file system's clock, as those of the files are. */
async function madeUntil(place: Place, files: TurnFiles, endedMs: number): Promise<Made | undefined> {
  const since = statSync(files.sending, { throwIfNoEntry: false })?.ctimeMs;
  if (since === undefined) return undefined;
  const seen = changedBetween(place, since, endedMs + AFTER_MS);
  if (seen.files.length === 0) return { ...seen, others: 'none' };
  return { ...seen, others: await othersSince(place, files, since) };
}

/** Folder by folder, the outer ones first and those of very many files last: where the time ends, they were not looked at. */
function changedBetween(place: Place, since: number, until: number): Pick<Made, 'files' | 'more'> {
  const begun = systemClock.elapsed();
  const files: Made['files'] = [];
  const folders: string[] = [];
  const large: string[] = [];
  const known = new Set<string>();
  const visit = (folder: string, size = 0) => {
    if (!known.has(folder)) (size > LARGE_FOLDER ? large : folders).push(folder);
    known.add(folder);
  };
  for (const folder of openFolders(place)) visit(folder, lstatSync(folder, { throwIfNoEntry: false })?.size);
  let room = MOST_PATH_CHARS;
  let odd = false;
  let looked = 0;
  for (const folder of inTurn(folders, large)) {
    for (const name of namesIn(folder)) {
      if (++looked % BETWEEN_CLOCKS === 0 && systemClock.elapsed() - begun > MOST_MS)
        return { files, more: true };
      const whole = join(folder, name);
      const file = LEFT_OUT.has(name) ? undefined : lstatSync(whole, { throwIfNoEntry: false });
      if (file?.isDirectory() && isPlainName(name)) visit(whole, file.size);
      if (!file?.isFile() || !isBetween(file, since, until)) continue;
      const path = shown(place, whole);
      if (!isPlainName(name) || path.length > LONGEST_PATH) {
        odd = true;
        continue;
      }
      room -= path.length;
      if (files.length === MOST_FILES || room < 0) return { files, more: true };
      files.push({ path, bytes: file.size });
    }
  }
  return { files, more: odd };
}

/** Also what is added on the way. */
function* inTurn(first: string[], then: string[]): Generator<string> {
  for (;;) {
    const next = first.shift() ?? then.shift();
    if (next === undefined) return;
    yield next;
  }
}

/** Also of what was moved there, whose contents are older, and of what was made then and changed again since. */
function isBetween({ ctimeMs, mtimeMs, birthtimeMs }: Stats, since: number, until: number): boolean {
  return [ctimeMs, mtimeMs, birthtimeMs].some((at) => at > since && at <= until);
}

/** Whether anybody else may have made some of it: a turn of ours, or a session of a channel or an automation. */
async function othersSince(place: Place, self: TurnFiles, since: number): Promise<Made['others']> {
  if (otherTurns(place, self, since)) return 'some';
  const late = systemClock.sleep(ASK_MS).then(() => 'late' as const);
  const rows = await Promise.race([listRows(place, { limit: MOST_SESSIONS }), late]);
  if (typeof rows === 'string') return 'unknown';
  const own = sessionOf(self);
  // Those that a session begins for its own work come with it.
  const others = rows.sessions.filter(({ key }) => key !== own && !key.includes(':subagent:'));
  return others.some(({ updatedAt = 0 }) => updatedAt >= since) ? 'some' : 'none';
}

function otherTurns(place: Place, self: TurnFiles, since: number): boolean {
  return namesIn(jobsDir(place))
    .slice(-MOST_TURNS)
    .map((name) => filesIn(join(jobsDir(place), name)))
    .some((other) => {
      if (other.dir === self.dir || statSync(other.sending, { throwIfNoEntry: false }) === undefined)
        return false;
      const end = statSync(other.exit, { throwIfNoEntry: false })?.ctimeMs;
      return end === undefined || end > since;
    });
}
