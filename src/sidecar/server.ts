/**
 * The machine's own program as it stays: HTTP on a unix socket in a folder of its own, one request in, one reply out.
 * Whoever holds the lock `sidecar` supervises; the socket appears only then.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { systemClock } from '../core/clock.ts';
import { runCommand } from './commands.ts';
import { jobsRunning } from './look/machine.ts';
import { writeReadme } from './machine-readme.ts';
import { SOCKET } from './own-client.ts';
import { packedReply, restOf, unpacked } from './packed.ts';
import { mcpDir, type Place } from './place.ts';
import { identityOf, knownIdentity } from './process/identity.ts';
import { lock } from './process/lock.ts';
import { programIn, programsDir } from './program-file.ts';
import { SidecarError } from './sidecar-error.ts';
import { finishAll } from './turns/finish.ts';
import { watchGateway } from './watch/watch.ts';
import { type Answer, ASKED, END_MARK, MORE, MORE_REQUEST, type Program } from './wire.ts';

/** base64 of gzip: what it unpacks to has its own bound. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const MOST_AT_ONCE = 32;
/** Until a whole request has come. */
const RECEIVE_MS = 30_000;
/** The one before gives its right up before it ends. */
const HANDOVER_SECONDS = 15;
/** How long requests that are at work may go on when it is told to end. */
const LEAVE_MS = 3_000;
/** How often it looks whether it is still the one that the machine knows. */
const LOOK_MS = 5_000;

/** Resolves when it has given up its right and its socket. @throws SidecarError `locked` where another one supervises. */
export async function serve(place: Place): Promise<void> {
  const unlock = await lock(place, 'sidecar', HANDOVER_SECONDS);
  const program = programIn(process.argv[1] ?? '');
  const leaving = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => leaving.abort());
  const server = createServer({ requestTimeout: RECEIVE_MS }, answering(place, program));
  server.maxConnections = MOST_AT_ONCE;
  await listen(server, place);
  writeReadme(place);
  finishAll(place).catch((error: unknown) => process.stderr.write(`turns: ${String(error)}\n`));
  const socket = statSync(SOCKET).ino;
  const watching = watchGateway(place, leaving.signal);
  void keepScriptsOut(place, leaving.signal);
  await untilReplaced(place, socket, leaving.signal);
  leaving.abort();
  // A start of its own that is under way may take minutes; whoever comes next goes on with it.
  await Promise.race([watching, systemClock.sleep(LEAVE_MS)]);
  // Another one's stays.
  if (isSocket(socket)) rmSync(SOCKET, { force: true });
  unlock();
  await closed(server);
}

/** In our folder, or in one of its own where the home cannot hold a socket. */
async function listen(server: Server, place: Place): Promise<void> {
  const folder = programsDir(place);
  process.chdir(folder);
  rmSync(join(folder, 'at'), { force: true });
  try {
    await appear(server);
  } catch {
    const elsewhere = mkdtempSync(join(tmpdir(), 'openclaw-mcp-'));
    process.chdir(elsewhere);
    await appear(server);
    writeFileSync(join(folder, 'at'), `${elsewhere}\n`, { mode: 0o600 });
  }
}

/** Under another name first: whoever sees the socket is answered. */
async function appear(server: Server): Promise<void> {
  const starting = `${SOCKET}.new`;
  rmSync(starting, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(starting, resolve);
  });
  renameSync(starting, SOCKET);
}

/** A home that was removed, or that names another, needs this one no more. */
async function untilReplaced(place: Place, socket: number, signal: AbortSignal): Promise<void> {
  const self = await identityOf(process.pid);
  const stillOurs = () => knownIdentity(join(programsDir(place), 'pid')) === self && isSocket(socket);
  while (stillOurs()) {
    if (!existsSync(process.execPath)) startOnOtherNode(place);
    try {
      await systemClock.sleep(LOOK_MS, signal);
    } catch {
      return;
    }
  }
}

/** From here on a server of an earlier version, whose scripts know no supervisor, fails instead. Its own job ends first. */
async function keepScriptsOut(place: Place, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      if ((await jobsRunning(place)).length === 0) {
        await lock(place, 'gateway-of-scripts', 0);
        return;
      }
    } catch {
      // One of them is at it.
    }
    try {
      await systemClock.sleep(LOOK_MS, signal);
    } catch {
      return;
    }
  }
}

const isSocket = (inode: number) => statSync(SOCKET, { throwIfNoEntry: false })?.ino === inode;

/** An upgrade has taken the Node away that this one runs on, and what it starts would not: the next one ends this one. */
function startOnOtherNode(place: Place): void {
  const node = join(mcpDir(place), 'node', 'bin', 'node');
  const main = process.argv[1] ?? '';
  if (!existsSync(node)) return;
  const args = [main, 'start', place.home, String(place.port), 'yes', node];
  spawn(node, args, { detached: true, stdio: 'ignore' }).on('error', () => {});
}

async function closed(server: Server): Promise<void> {
  const ended = new Promise((resolve) => server.close(resolve));
  await Promise.race([ended, systemClock.sleep(LEAVE_MS)]);
  server.closeAllConnections();
}

function answering(place: Place, program: Program) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    response.setHeader('connection', 'close');
    response.setHeader('content-type', 'application/json');
    response.on('error', () => {});
    if (request.method === 'GET') {
      response.end(canStartOthers() ? JSON.stringify(program) : '');
      return;
    }
    void answerTo(request, place, program).then((answer) =>
      response.end(`${JSON.stringify(answer)}\n${END_MARK}`),
    );
  };
}

/** The one command that tells of a Node that is gone; whoever asks another has it mended before anybody looks. */
const SEES_NODE_GONE = 'diagnose';

/** Another file under its name may be cut, or lack a library. */
const nodeFile = () => {
  const seen = statSync(process.execPath, { throwIfNoEntry: false });
  return seen && `${seen.ino} ${seen.size} ${seen.mtimeMs}`;
};
let provenNode = nodeFile();

/** Without a Node that runs no job would start: whoever asks brings one, and may then replace this program. */
function canStartOthers(): boolean {
  const now = nodeFile();
  if (now === undefined) return false;
  if (now !== provenNode && spawnSync(process.execPath, ['--version']).status === 0) provenNode = now;
  return now === provenNode;
}

/** The only catch: whatever goes wrong is an answer. */
async function answerTo(request: IncomingMessage, place: Place, program: Program): Promise<Answer> {
  try {
    const asked = ASKED.safeParse(unpacked(await bodyOf(request)));
    if (!asked.success) throw new SidecarError('bad_request');
    const { from, command, request: wanted } = asked.data;
    if (from.order > program.order || !(canStartOthers() || command === SEES_NODE_GONE))
      return { is: 'old', program };
    if (command === MORE) {
      const rest = MORE_REQUEST.safeParse(wanted);
      return restOf(rest.success ? rest.data.token : '');
    }
    return packedReply(await runCommand(command, place, wanted));
  } catch (error) {
    return errorAnswer(error);
  }
}

const MAX_DETAIL = 6_000;

export function errorAnswer(error: unknown): Answer {
  if (error instanceof SidecarError)
    return { is: 'error', code: error.code, detail: error.detail.slice(-MAX_DETAIL) };
  const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { is: 'error', code: 'sidecar_failed', detail: said.slice(0, MAX_DETAIL) };
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    request.on('data', (piece: Buffer) => {
      size += piece.length;
      if (size > MAX_BODY_BYTES) {
        reject(new SidecarError('bad_request'));
        request.destroy();
        return;
      }
      pieces.push(piece);
    });
    request.on('end', () => resolve(Buffer.concat(pieces).toString('latin1')));
    request.on('error', () => reject(new SidecarError('bad_request')));
    request.on('close', () => reject(new SidecarError('bad_request')));
  });
}
