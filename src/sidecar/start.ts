/**
 * What follows the bootstrap: the program that shall run does, and has answered the request. Run by the asker's program.
 * The newest that ever asked stays, `main.mjs` names it; of two equals the one that runs.
 */
import { execFile } from 'node:child_process';
import {
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import { systemClock } from '../core/clock.ts';
import { attempt } from '../core/errno.ts';
import { askSocket, enterSocketFolder, runningProgram, SOCKET } from './own-client.ts';
import type { Place } from './place.ts';
import { detach } from './process/detach.ts';
import { childEnvironment } from './process/environment.ts';
import { endProcess, livePid } from './process/identity.ts';
import { withLock } from './process/lock.ts';
import { programIn, programsDir } from './program-file.ts';
import { SidecarError } from './sidecar-error.ts';
import type { Program } from './wire.ts';

/** Another start takes as long as the slowest machine needs for a Node, twice. */
const LOCK_SECONDS = 60;
const START_MS = 20_000;
const LOOK_MS = 20;
/** What it has begun runs on; requests at work are given a moment. */
const END_MS = 5_000;
/** A busy machine may be slow once. */
const HELLO_TRIES = 3;
const MAX_LOG = 6_000;

export interface Start {
  /** The Node that runs. */
  node: string;
  /** Whether what runs is replaced whatever it is: for a repair, and for one that answers nonsense. */
  replace: boolean;
}

/** @param body a packed request. @throws SidecarError `sidecar_failed` with what it printed. */
export async function startAndAsk(place: Place, how: Start, body: string): Promise<string> {
  await withLock(place, 'sidecar-start', LOCK_SECONDS, () => ensureRunning(place, how));
  if (!enterSocketFolder(place)) throw failed(place);
  return askSocket(body);
}

async function ensureRunning(place: Place, { node, replace }: Start): Promise<void> {
  const own = process.argv[1] ?? '';
  const runs = (await livePid(fileOf(place, 'pid'))) !== undefined;
  const known = wholeMain(place);
  const ours = programIn(own);
  if (!replace && runs && known !== undefined && known.order >= ours.order && (await answers(place))) return;
  await endProcess(fileOf(place, 'pid'), END_MS);
  await noteClient(place);
  if (!replace && known !== undefined && known.order > ours.order && (await launch(place, node))) return;
  await endProcess(fileOf(place, 'pid'), END_MS);
  makeMain(place, basename(own));
  if (await launch(place, node)) return;
  await endProcess(fileOf(place, 'pid'), END_MS);
  throw failed(place);
}

async function answers(place: Place): Promise<boolean> {
  for (let tries = 0; tries < HELLO_TRIES; tries++)
    if ((await runningProgram(place)) !== undefined) return true;
  return false;
}

async function launch(place: Place, node: string): Promise<boolean> {
  for (const stale of [SOCKET, 'at']) rmSync(fileOf(place, stale), { force: true });
  const log = fileOf(place, 'log');
  const started = await detach({
    pidFile: fileOf(place, 'pid'),
    stdout: log,
    stderr: log,
    // By its own name: what it starts is of its own version too.
    command: [
      node,
      fileOf(place, readlinkSync(fileOf(place, 'main.mjs'))),
      'serve',
      place.home,
      String(place.port),
    ],
    cwd: programsDir(place),
    env: childEnvironment(),
  });
  let ended = false;
  void started.exited.then(() => {
    ended = true;
  });
  const begun = systemClock.elapsed();
  while (!ended && systemClock.elapsed() - begun < START_MS) {
    if ((await runningProgram(place)) !== undefined) return true;
    await systemClock.sleep(LOOK_MS);
  }
  return false;
}

/** The program that `main.mjs` names; undefined where there is none, or its text is not what its name says. */
function wholeMain(place: Place): Program | undefined {
  try {
    const program = programIn(fileOf(place, 'main.mjs'));
    return readlinkSync(fileOf(place, 'main.mjs')) === `${program.hash}.mjs` ? program : undefined;
  } catch {
    return undefined;
  }
}

/** In one step, so that it never points nowhere. */
function makeMain(place: Place, name: string): void {
  const main = fileOf(place, 'main.mjs');
  rmSync(`${main}.new`, { force: true });
  symlinkSync(name, `${main}.new`);
  renameSync(`${main}.new`, main);
  // What is old and unused goes.
  const now = systemClock.now() / 1000;
  utimesSync(fileOf(place, name), now, now);
}

/** Whether warm requests may go by curl: not everybody has it, and an old one knows no such socket. */
async function noteClient(place: Place): Promise<void> {
  const file = fileOf(place, 'own-client');
  const able = await new Promise<boolean>((resolve) =>
    execFile('curl', ['-q', '--version'], (_error, said) => resolve(/unix-?sockets/i.test(said))),
  );
  if (able) rmSync(file, { force: true });
  else writeFileSync(file, '', { mode: 0o600 });
}

function failed(place: Place): SidecarError {
  return new SidecarError('sidecar_failed', logOf(place));
}

function logOf(place: Place): string {
  return attempt(() => readFileSync(fileOf(place, 'log'), 'utf8').slice(-MAX_LOG), '');
}

const fileOf = (place: Place, name: string): string => join(programsDir(place), name);
