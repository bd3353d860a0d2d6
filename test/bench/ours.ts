/** The journey through the packed bin over stdio: deploy, first reply, sleeps and wakes, each beside the floor. */
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import type { RawClient } from '../support/raw-client.ts';
import { type Provider, wakeByHand } from './floor.ts';
import { type Api, median, requestCounter } from './machine-api.ts';
import { requireDone } from './turns.ts';

export interface Deployed {
  machineId: string;
  createToFirstReplySeconds: number;
  requests: number;
  /** Seconds of the deploy, by stage. */
  stages: Record<string, number>;
}

const stage = z.object({ name: z.string(), seconds: z.number() });
const stages = z.array(stage);
type Stage = z.output<typeof stage>;

export async function deploy(agent: RawClient, api: Api): Promise<Deployed> {
  const count = requestCounter(api);
  await count();
  const began = performance.now();
  const ready = await agent.finish('deploy_openclaw', { name: 'bench' });
  const requests = await count();
  const machineId = z.string().parse(ready.machine_id);
  const hello = { machine_id: machineId, message: 'Hello!', session: 'bench' };
  requireDone(await agent.finish('chat', hello));
  return {
    machineId,
    createToFirstReplySeconds: (performance.now() - began) / 1000,
    requests,
    stages: Object.fromEntries(stages.parse(ready.stages).map(({ name, seconds }) => [name, seconds])),
  };
}

export interface Wakes {
  /** Medians. */
  sleepToReplySeconds: number;
  floorSeconds: number;
  /** Of the last turn that found the machine asleep. */
  stages: readonly Stage[];
  requests: number;
}

/** In turn, since a computer that gets slower or faster meanwhile does so for both. */
export async function sleepsAndWakes(
  agent: RawClient,
  api: Api,
  machine_id: string,
  provider: Provider,
  tries: number,
): Promise<Wakes> {
  const count = requestCounter(api);
  const ours: number[] = [];
  const floor: number[] = [];
  let last: readonly Stage[] = [];
  let requests = 0;
  for (let i = 0; i < tries; i++) {
    await agent.finish('sleep_machine', { machine_id });
    await count();
    const slept = performance.now();
    const again = await agent.finish('chat', { machine_id, message: 'Hello again!', session: 'bench' });
    requireDone(again);
    ours.push((performance.now() - slept) / 1000);
    requests = await count();
    last = stages.parse(again.stages);
    await agent.finish('sleep_machine', { machine_id });
    floor.push(await wakeByHand(api, machine_id, provider));
  }
  return { sleepToReplySeconds: median(ours), floorSeconds: median(floor), stages: last, requests };
}

/** Milliseconds of the first message after `wake_machine` has answered and a pause; the median. The machine sleeps. */
export async function firstMessages(
  agent: RawClient,
  machine_id: string,
  tries: number,
  pauseMs: number,
): Promise<number> {
  const seen: number[] = [];
  for (let i = 0; i < tries; i++) {
    await agent.finish('wake_machine', { machine_id });
    await systemClock.sleep(pauseMs);
    const begun = performance.now();
    requireDone(await agent.finish('chat', { machine_id, message: `Good morning ${i}`, session: 'bench' }));
    seen.push(performance.now() - begun);
    await agent.finish('sleep_machine', { machine_id });
  }
  return median(seen);
}

export async function destroy(agent: RawClient, machine_id: string): Promise<void> {
  const plan = await agent.call('destroy_machine', { machine_id });
  await agent.finish('destroy_machine', { machine_id, confirmation: plan.structuredContent?.confirmation });
}
