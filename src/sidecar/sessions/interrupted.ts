/**
 * Turns that a dying gateway left half done. OpenClaw runs them again at its start, paid again, and at every further
 * crash once more; meanwhile it refuses every message to their sessions. Kept in a file from start to start.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { attempt } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import { callGateway } from '../gateway/ask.ts';
import { mcpDir, type Place } from '../place.ts';
import { listRows } from './session-rows.ts';

const kept = z.array(z.object({ key: z.string(), crashes: z.number(), ended: z.boolean() }));
export type Interrupted = z.infer<typeof kept>[number];

/** A turn that was under way at this many crashes is taken for their cause. */
const ENDED_AFTER = 2;
const MOST = 100;

/** What the newest start of the gateway found, running or not by now. */
export function knownInterrupted(place: Place): Interrupted[] {
  return attempt(() => kept.parse(parseJson(readFileSync(fileOf(place), 'utf8'))), []);
}

/** Those that still run. Asks the gateway only where there is something to ask about. */
export async function stillInterrupted(place: Place): Promise<Interrupted[]> {
  const known = knownInterrupted(place).filter(({ ended }) => !ended);
  if (known.length === 0) return [];
  const running = await runningKeys(place);
  return known.filter(({ key }) => running.has(key));
}

/**
 * Right after a start, before anybody could send something: whatever runs was left by the gateway before.
 * @param crashed false where it was stopped on purpose, or the machine slept.
 */
export async function noteStart(place: Place, crashed: boolean): Promise<Interrupted[]> {
  const before = new Map(knownInterrupted(place).map((one) => [one.key, one]));
  const running = await runningKeys(place);
  const now = [...running].map((key) => ({
    key,
    crashes: (before.get(key)?.crashes ?? 0) + (crashed ? 1 : 0),
    ended: false,
  }));
  for (const one of now) {
    if (one.crashes >= ENDED_AFTER) one.ended = await abortRun(place, one.key);
  }
  // That a turn was ended is told until the next start.
  write(place, now);
  return now;
}

/** Ends what runs in a session; the conversation stays. */
export async function abortRun(place: Place, key: string): Promise<boolean> {
  const answer = await callGateway(place, 'sessions.abort', { key });
  return z.object({ ok: z.literal(true) }).safeParse(answer).success;
}

/** Of what is at work now. */
export async function runningKeys(place: Place): Promise<Set<string>> {
  const rows = await listRows(place, { limit: MOST });
  if (typeof rows === 'string') return new Set();
  return new Set(rows.sessions.filter(({ status }) => status === 'running').map(({ key }) => key));
}

function write(place: Place, sessions: readonly Interrupted[]): void {
  const file = fileOf(place);
  writeFileSync(`${file}.new`, JSON.stringify(sessions), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function fileOf(place: Place): string {
  return join(mcpDir(place), 'interrupted.json');
}
