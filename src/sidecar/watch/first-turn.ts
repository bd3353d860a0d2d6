/**
 * What OpenClaw would otherwise begin only in the first turn after a start, and be long about: its thread for sessions.
 * Called forth by requests that no model sees, in a process of its own: a WebSocket costs memory. A search of the memory
 * would save as much again, but asks a model where there is a key for one, and leaves an index that binds later ones.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import process from 'node:process';
import * as z from 'zod/mini';
import type { Clock } from '../../core/clock.ts';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import { ourAuthorization } from '../gateway/ask.ts';
import { memoryLimitMib, sparesMemory } from '../gateway/memory.ts';
import { runningTurns } from '../gateway/running-turns.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { bareEnvironment } from '../process/environment.ts';
import { readText } from '../read-text.ts';
import { keepsFiles } from '../sessions/list-sessions.ts';
import { listRows } from '../sessions/session-rows.ts';
import { writeWhole } from '../state/object-file.ts';

/** Whoever has waited for the start to send a message has sent it by then. */
const CALM_MS = 2_000;
const MOST_MS = 90_000;
/** A first turn takes up to 1,500 MiB, and this comes on top. */
const ENOUGH_MIB = 2_048;
const LOOKED_AT = 100;
const SESSION = 'agent:main:openclaw-mcp-prepares';

/**
 * Once for each start of the gateway. Nothing is done where memory is short, where the release is older than what is asked
 * for, or where anything is at work.
 */
export async function prepareFirstTurn(
  place: Place,
  identity: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const done = join(mcpDir(place), 'prepared');
  if (readText(done) === identity) return;
  writeWhole(done, identity);
  if (memoryLimitMib() < ENOUGH_MIB || sparesMemory(place) || keepsFiles(place)) return;
  await clock.sleep(CALM_MS, signal);
  if ((await isAtWork(place)) || !(await isIdle(place))) return;
  const args = [process.argv[1] ?? '', 'prepare', place.home, String(place.port)];
  execFile(process.execPath, args, { env: bareEnvironment(), timeout: MOST_MS }, () => {});
}

/** Also false where somebody talks in the session that would be removed. */
async function isIdle(place: Place): Promise<boolean> {
  const rows = await listRows(place, { limit: LOOKED_AT });
  if (typeof rows === 'string') return false;
  return rows.sessions.every(
    ({ key, status, totalTokens }) => status !== 'running' && (key !== SESSION || !totalTokens),
  );
}

const isAtWork = async (place: Place) => (await runningTurns(place)).length > 0;

type Call = (method: string, params: object) => Promise<unknown>;

/** The process itself. A message that comes meanwhile needs what is under way, and keeps the rest from being begun. */
export async function prepare(place: Place): Promise<void> {
  // Whoever started it may be gone by now.
  AbortSignal.timeout(MOST_MS).addEventListener('abort', () => process.exit());
  const call = await connected(place);
  if (!(await isAtWork(place))) await openAndRemove(place, call);
  process.exit();
}

const REMOVED = z.object({ archived: z.array(z.string()) });

/** One that an earlier process could not remove any more is met again under the same name. */
async function openAndRemove(place: Place, call: Call): Promise<void> {
  await call('sessions.create', { agentId: 'main', key: SESSION }).catch(() => {});
  const { archived } = REMOVED.parse(await call('sessions.delete', { key: SESSION }));
  // A copy, for whoever had said something in it.
  for (const file of archived) rmSync(join(stateDir(place), 'agents/main/sessions', basename(file)));
}

/** As every Node since 22 has it. */
declare const WebSocket: new (url: string) => EventTarget & { send(text: string): void };

/** Where nobody answers nothing keeps this process alive. */
async function connected(place: Place): Promise<Call> {
  const socket = new WebSocket(`ws://127.0.0.1:${place.port}`);
  await once(socket, 'message');
  let last = 0;
  const call: Call = (method, params) => {
    const id = String(++last);
    return new Promise((resolve, reject) => {
      socket.addEventListener('close', reject);
      socket.addEventListener('message', (event) => {
        const frame = parseJson('data' in event ? String(event.data) : '');
        if (!isPatch(frame) || frame.id !== id) return;
        if (frame.ok === true) resolve(frame.payload);
        else reject(new Error(method));
      });
      socket.send(JSON.stringify({ type: 'req', id, method, params }));
    });
  };
  const client = { id: 'gateway-client', version: '1', platform: 'linux', mode: 'backend' };
  const auth = { token: ourAuthorization(place)?.slice('Bearer '.length) };
  const who = { client, auth, role: 'operator', scopes: ['operator.admin'] };
  await call('connect', { minProtocol: 4, maxProtocol: 4, ...who });
  return call;
}
