/** The same journey through the packed bin over stdio, and what one warm chat turn costs on top of the gateway's own time. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import type { Message, RawClient } from '../support/raw-client.ts';

export interface OurTimes {
  createToFirstReplySeconds: number;
  sleepToReplySeconds: number;
  deployRequests: number;
  wakeRequests: number;
  /** Seconds of the deploy, by stage. */
  stages: Record<string, number>;
  /** Seconds of the turn that found the machine asleep. */
  wakeStages: readonly Stage[];
  turnMs: number;
  /** The same call made with curl inside the machine. */
  directTurnMs: number;
  turnRequests: number;
}

interface Api {
  baseUrl: string;
  apiKey: string;
}

const TURNS = 11;
const stats = z.object({ requests: z.record(z.string(), z.number()) });
const stage = z.object({ name: z.string(), seconds: z.number() });
const stages = z.array(stage);
type Stage = z.output<typeof stage>;

export async function runOurs(agent: RawClient, api: Api): Promise<OurTimes> {
  const count = requestCounter(api);
  const began = performance.now();
  const ready = await agent.finish('deploy_openclaw', { name: 'bench' });
  const deployRequests = await count();
  const machine_id = ready.machine_id;
  requireDone(await agent.finish('chat', { machine_id, message: 'Hello!', session: 'bench' }));
  const createToFirstReplySeconds = (performance.now() - began) / 1000;

  // In turn, since a gateway is still getting faster with each of its first turns.
  const turns: number[] = [];
  const direct: number[] = [];
  let requests = 0;
  for (let i = 0; i < TURNS; i++) {
    await count();
    const start = performance.now();
    requireDone(await agent.finish('chat', { machine_id, message: `Hello ${i}!`, session: 'bench' }));
    turns.push(performance.now() - start);
    requests += await count();
    direct.push(await directTurn(api, String(machine_id)));
  }

  await agent.finish('sleep_machine', { machine_id });
  await count();
  const slept = performance.now();
  const again = await agent.finish('chat', { machine_id, message: 'Hello again!', session: 'bench' });
  requireDone(again);
  const sleepToReplySeconds = (performance.now() - slept) / 1000;
  const wakeRequests = await count();
  const plan = await agent.call('destroy_machine', { machine_id });
  await agent.finish('destroy_machine', { machine_id, confirmation: plan.structuredContent?.confirmation });
  return {
    createToFirstReplySeconds,
    sleepToReplySeconds,
    deployRequests,
    wakeRequests,
    wakeStages: stages.parse(again.stages),
    stages: Object.fromEntries(stages.parse(ready.stages).map(({ name, seconds }) => [name, seconds])),
    turnMs: median(turns),
    directTurnMs: median(direct),
    turnRequests: requests / TURNS,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}

/** Returns how many requests the API has seen since the last question. */
function requestCounter(api: Api): () => Promise<number> {
  let before = 0;
  return async () => {
    const response = await fetch(`${api.baseUrl}/_local/stats`, { headers: { 'x-api-key': api.apiKey } });
    const total = Object.values(stats.parse(await response.json()).requests).reduce((a, b) => a + b, 0);
    const since = total - before;
    before = total;
    return since;
  };
}

/** Milliseconds of one turn as curl inside the machine sees it. */
async function directTurn(api: Api, machine: string): Promise<number> {
  const body = JSON.stringify({
    model: 'openclaw/main',
    user: 'bench',
    stream: true,
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  const script =
    "curl -sS -N -o /dev/null -w '%{time_total}' -H @/home/machine/.openclaw-mcp/auth " +
    `-H 'Content-Type: application/json' -d '${body}' http://127.0.0.1:18789/v1/chat/completions`;
  const ask = async (method: string, path: string, payload?: unknown) => {
    const response = await fetch(`${api.baseUrl}/v1/machines/${machine}/executions${path}`, {
      method,
      headers: {
        'x-api-key': api.apiKey,
        'idempotency-key': randomUUID(),
        'content-type': 'application/json',
      },
      ...(payload === undefined ? {} : { body: JSON.stringify(payload) }),
    });
    return z
      .object({ execution_id: z.string(), status: z.string().optional(), stdout: z.string().optional() })
      .parse(await response.json());
  };
  let seen = await ask('POST', '', { command: ['/bin/bash', '-c', script], timeout_ms: 300_000 });
  while (seen.status !== 'succeeded' && seen.status !== 'failed') {
    await systemClock.sleep(200);
    seen = await ask('GET', `/${seen.execution_id}`);
  }
  const { stdout = '' } = await ask('GET', `/${seen.execution_id}/output`);
  return Number(stdout) * 1000;
}

function requireDone(answer: Message): void {
  if (answer.status !== 'done') throw new Error(`no reply: ${JSON.stringify(answer)}`);
}
