/** Chat turns as people have them: of lengths that nobody knows beforehand, beside the same call made inside the machine. */
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import type { ModelRequest } from '../../src/stand-in/conversation.ts';
import type { Message, RawClient } from '../support/raw-client.ts';
import { type Api, median, requestCounter, runScript } from './machine-api.ts';

/** Bounds of a turn's length in milliseconds, how many are taken, and how many of the direct call beside them. */
export interface TurnClass {
  name: string;
  fromMs: number;
  toMs: number;
  ours: number;
  direct: number;
}

export const TURN_CLASSES: readonly TurnClass[] = [
  { name: '1.5 to 2.5 s', fromMs: 1_500, toMs: 2_500, ours: 9, direct: 9 },
  { name: '5 to 9 s', fromMs: 5_000, toMs: 9_000, ours: 5, direct: 5 },
  { name: '20 to 40 s', fromMs: 20_000, toMs: 40_000, ours: 3, direct: 1 },
  { name: '100 to 140 s', fromMs: 100_000, toMs: 140_000, ours: 1, direct: 1 },
];
const WATCHED: TurnClass = { name: 'watched', fromMs: 100_000, toMs: 140_000, ours: 1, direct: 0 };

export interface TurnFigures {
  /** What a turn takes beyond the model's own time, medians in milliseconds. */
  oursMs: number;
  directMs: number;
  requests: number;
}

export interface WatchedFigures {
  requests: number;
  /** From the model's first token to the first note of it, milliseconds; undefined where none came. */
  firstNoteMs: number | undefined;
}

const LENGTH = /takes (\d+) ms/;
const GROWTH = /grows for (\d+) ms/;
const WORD = 'rhubarb';
const WORDS = 400;

const numberIn = (text: string, form: RegExp) => Number(form.exec(text)?.[1] ?? 0);

/** How the stand-in model takes its time: as long as the message says. */
export function paced() {
  let firstTokenAt = 0;
  return {
    fault: ({ question }: ModelRequest) => ({ kind: 'slow' as const, ms: numberIn(question, LENGTH) }),
    reply: ({ question }: ModelRequest) => {
      firstTokenAt = performance.now();
      return GROWTH.test(question) ? `${WORD} `.repeat(WORDS) : 'Done.';
    },
    chunkDelayMs: ({ question }: ModelRequest) => numberIn(question, GROWTH) / WORDS,
    firstTokenAt: () => firstTokenAt,
  };
}

const drawn = ({ fromMs, toMs }: TurnClass) => Math.round(fromMs + Math.random() * (toMs - fromMs));

export async function measureTurns(
  agent: RawClient,
  api: Api,
  machine_id: string,
  kind: TurnClass,
): Promise<TurnFigures> {
  const count = requestCounter(api);
  const ours: number[] = [];
  const direct: number[] = [];
  const requests: number[] = [];
  for (let i = 0; i < kind.ours; i++) {
    const lengthMs = drawn(kind);
    await count();
    const begun = performance.now();
    const message = `Number ${i} takes ${lengthMs} ms`;
    requireDone(await agent.finish('chat', { machine_id, message, session: 'bench' }));
    ours.push(performance.now() - begun - lengthMs);
    requests.push(await count());
    if (i < kind.direct) direct.push(await directTurn(api, machine_id, drawn(kind)));
  }
  return { oursMs: median(ours), directMs: median(direct), requests: median(requests) };
}

/** One whose text grows all the time while somebody watches. */
export async function measureWatched(
  agent: RawClient,
  api: Api,
  machine_id: string,
  firstTokenAt: () => number,
): Promise<WatchedFigures> {
  const count = requestCounter(api);
  await count();
  const before = agent.notifications.length;
  const over = new AbortController();
  const noted = firstNote(agent, before, over.signal);
  const message = `This one grows for ${drawn(WATCHED)} ms`;
  requireDone(await agent.finish('chat', { machine_id, message, session: 'bench' }, 'watching'));
  over.abort();
  const at = await noted;
  return {
    requests: await count(),
    firstNoteMs: at === undefined ? undefined : at - firstTokenAt(),
  };
}

async function firstNote(agent: RawClient, from: number, signal: AbortSignal): Promise<number | undefined> {
  while (!signal.aborted) {
    const notes = agent.notifications.slice(from);
    if (notes.some((note) => JSON.stringify(note).includes(WORD))) return performance.now();
    await systemClock.sleep(20);
  }
  return undefined;
}

/** Milliseconds of one turn as curl inside the machine sees it, without the model's own. */
async function directTurn(api: Api, machine: string, lengthMs: number): Promise<number> {
  const body = JSON.stringify({
    model: 'openclaw/main',
    user: 'bench',
    stream: true,
    messages: [{ role: 'user', content: `It takes ${lengthMs} ms` }],
  });
  const script =
    "curl -sSf -N -o /dev/null -w '%{time_total}' -H @/home/machine/.openclaw-mcp/auth " +
    `-H 'Content-Type: application/json' -d '${body}' http://127.0.0.1:18789/v1/chat/completions`;
  const seconds = z.coerce.number().parse(await runScript(api, machine, script));
  return seconds * 1000 - lengthMs;
}

export function requireDone(answer: Message): void {
  if (answer.status !== 'done') throw new Error(`no reply: ${JSON.stringify(answer)}`);
}
