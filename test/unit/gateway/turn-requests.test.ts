/** What turns of any length cost in requests, and how late their reply is seen: on a clock that the test moves. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { dedalusClient } from '../../../src/dedalus/client.ts';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import { machineService } from '../../../src/machine/machine-service.ts';
import { hostileMachine } from '../../support/hostile-machine.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { requestIn } from '../../support/sidecar-request.ts';
import { delta, ending } from './fake-gateway.ts';

const STEP_MS = 25;
/** Of what a machine does before and after the wait that it was asked for. */
const OWN_MS = 40;
const SAMPLES = 8;

/** As long as one question to the machine lasts in a chat. */
const WAIT_SECONDS = 45;

/** A machine on which one turn ends `turnMs` after it was begun, and a command as soon as it has something to say. */
function machineWithTurn(clock: ManualClock, turnMs: number) {
  let begun: number | undefined;
  const ran = () => clock.elapsed() - (begun ?? clock.elapsed());
  const due = new Map<string, number>();
  let endsAt = 0;
  const words = delta('word ');
  const inner = hostileMachine((_, env) => {
    const { offset = 0, wait_ms = 0 } = requestIn(env);
    begun ??= clock.elapsed();
    endsAt = ran() + OWN_MS + Math.min(Number(wait_ms), Math.max(0, turnMs - ran()));
    const over = endsAt >= turnMs + OWN_MS;
    const whole = words.repeat(Math.floor(endsAt / 1_000)) + (over ? ending() : '');
    const answer = whole.slice(Number(offset));
    const told = {
      state: over ? 'done' : 'running',
      started_ms: 1,
      now_ms: 1 + Math.round(endsAt),
      sent: true,
    };
    const end = over ? { ended_ms: 1 + turnMs, http: 200, curl_exit: 0 } : {};
    const piece = { answer, next: whole.length, more: false, disk_full: false };
    return { blobs: { reply: JSON.stringify({ ...told, ...end, ...piece }) } };
  });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const response = await inner.fetch(input, init);
    if (inner.asked.at(-1)?.startsWith('POST')) due.set(await idIn(response.clone()), endsAt);
    return response;
  };
  return {
    asked: inner.asked,
    ran,
    fetch: runningUntil(fetch, inner.asked, due, ran),
  };
}

/** An execution says that it runs until its time has come. */
function runningUntil(
  fetch: typeof globalThis.fetch,
  asked: string[],
  due: Map<string, number>,
  ran: () => number,
): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const [, looked] = /\/executions\/([^/]+)$/.exec(new URL(request.url).pathname) ?? [];
    if (looked !== undefined) {
      asked.push('GET execution');
      return Response.json(execution(looked, ran() >= (due.get(looked) ?? 0)));
    }
    const response = await fetch(request);
    if (request.method !== 'POST') return response;
    return Response.json(execution(await idIn(response), false));
  };
}

const idIn = async (response: Response) =>
  z.object({ execution_id: z.string() }).parse(await response.json()).execution_id;

const execution = (execution_id: string, over: boolean) =>
  over ? { execution_id, status: 'succeeded', exit_code: 0 } : { execution_id, status: 'running' };

interface Cost {
  requests: number;
  /** Between the end of the turn and the moment at which its reply was there. */
  lateMs: number;
}

async function costOf(turnMs: number, watched: boolean): Promise<Cost> {
  const clock = manualClock();
  const machine = machineWithTurn(clock, turnMs);
  const api = dedalusClient({ apiKey: 'dsk-test', baseUrl: 'http://api.test', clock, fetch: machine.fetch });
  const service = gatewayService({ machines: machineService({ api, clock }), clock });
  const texts: string[] = [];
  const options = {
    waitSeconds: WAIT_SECONDS,
    isWatched: () => watched,
    onText: (text: string) => texts.push(text),
  };
  const turn = { turnId: 'turn-1', message: 'Hello', session: 's' };
  let over = false;
  const finished = (async () => {
    let seen = await service.startTurn('dm-1', turn, options);
    while (seen.state === 'running') seen = await service.readTurn('dm-1', 'turn-1', options);
    over = true;
    return seen;
  })();
  while (!over) {
    for (let turns = 0; turns < 4; turns++) await nextTurn();
    if (!over) await clock.advance(STEP_MS);
  }
  const { state, text } = await finished;
  expect([state, text]).toEqual(['done', 'word '.repeat(Math.floor((turnMs + OWN_MS) / 1_000))]);
  if (watched && turnMs > 10_000) expect(texts.length).toBeGreaterThan(5);
  return { requests: machine.asked.length, lateMs: machine.ran() - turnMs };
}

/** The mean of turns whose lengths are spread over a range, so that no pause can aim at one of them. */
async function meanCost(fromMs: number, toMs: number, watched: boolean): Promise<Cost> {
  let requests = 0;
  let lateMs = 0;
  for (let sample = 0; sample < SAMPLES; sample++) {
    const seen = await costOf(Math.round(fromMs + ((toMs - fromMs) * (sample + 0.37)) / SAMPLES), watched);
    requests += seen.requests / SAMPLES;
    lateMs += seen.lateMs / SAMPLES;
  }
  return { requests, lateMs };
}

describe('a turn', () => {
  it.each([
    ['about 2 s', 1_500, 2_500, false, 10, 250],
    ['about 7 s', 5_000, 9_000, false, 18, 400],
    ['about 30 s', 20_000, 40_000, false, 40, 900],
    ['about 120 s', 100_000, 140_000, false, 90, 1_500],
    ['about 120 s, watched', 100_000, 140_000, true, 160, 1_500],
  ] as const)('of %s', async (_, fromMs, toMs, watched, requests, lateMs) => {
    const cost = await meanCost(fromMs, toMs, watched);
    expect(cost.requests).toBeLessThanOrEqual(requests);
    expect(cost.lateMs).toBeLessThanOrEqual(lateMs);
  });
});
