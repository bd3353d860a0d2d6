/** The Dedalus API as the bench itself calls it: commands by hand, and how many requests anybody has made. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';

export interface Api {
  baseUrl: string;
  apiKey: string;
}

const stats = z.object({ requests: z.record(z.string(), z.number()) });
const machine = z.object({
  machine_id: z.string(),
  phase: z.string().optional(),
  status: z.union([z.string(), z.object({ phase: z.string() })]).optional(),
});
const execution = z.object({
  execution_id: z.string(),
  status: z.string(),
  exit_code: z.number().optional(),
  error_code: z.string().optional(),
});
const output = z.object({ stdout: z.string().default(''), stderr: z.string().default('') });

const POLL_MS = 100;
/** How a guest that is still starting refuses a command although its machine runs already. */
const NOT_THERE_YET = 'machine_not_routable';

async function ask<T>(
  api: Api,
  schema: z.ZodType<T>,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${api.baseUrl}${path}`, {
    method,
    headers: {
      'x-api-key': api.apiKey,
      'idempotency-key': randomUUID(),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return schema.parse(await response.json());
}

/** Returns how many requests the API has seen since the last question. */
export function requestCounter(api: Api): () => Promise<number> {
  let before = 0;
  return async () => {
    const seen = await ask(api, stats, 'GET', '/_local/stats');
    const total = Object.values(seen.requests).reduce((a, b) => a + b, 0);
    const since = total - before;
    before = total;
    return since;
  };
}

export async function createMachine(api: Api): Promise<string> {
  const size = { vcpu: 2, memory_mib: 4096, storage_gib: 10 };
  const { machine_id } = await ask(api, machine, 'POST', '/v1/machines', size);
  await untilPhase(api, machine_id, 'running');
  return machine_id;
}

export const removeMachine = (api: Api, id: string) => ask(api, z.unknown(), 'DELETE', `/v1/machines/${id}`);

export async function changePower(api: Api, id: string, to: 'sleep' | 'wake'): Promise<void> {
  await ask(api, z.unknown(), 'POST', `/v1/machines/${id}/${to}`);
  await untilPhase(api, id, to === 'sleep' ? 'sleeping' : 'running');
}

async function untilPhase(api: Api, id: string, phase: string): Promise<void> {
  for (;;) {
    const seen = await ask(api, machine, 'GET', `/v1/machines/${id}`);
    if ((typeof seen.status === 'object' ? seen.status.phase : seen.phase) === phase) return;
    await systemClock.sleep(POLL_MS);
  }
}

/** Runs a bash script on the machine to its end. @returns what it printed. @throws Error with how it ended and its last words. */
export async function runScript(
  api: Api,
  id: string,
  script: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = `/v1/machines/${id}/executions`;
  const command = ['/bin/bash', '-c', script];
  const body = { command, env, timeout_ms: 600_000 };
  let seen = await ask(api, execution, 'POST', path, body);
  while (['queued', 'wake_in_progress', 'running', 'failed'].includes(seen.status)) {
    if (seen.status === 'failed' && seen.error_code !== NOT_THERE_YET) break;
    await systemClock.sleep(POLL_MS);
    seen =
      seen.status === 'failed'
        ? await ask(api, execution, 'POST', path, body)
        : await ask(api, execution, 'GET', `${path}/${seen.execution_id}`);
  }
  const { stdout, stderr } = await ask(api, output, 'GET', `${path}/${seen.execution_id}/output`);
  if (seen.status !== 'succeeded')
    throw new Error(
      `a script of the bench ended as ${JSON.stringify(seen)}: ${stdout.slice(-1_000)} ${stderr.slice(-1_000)}`,
    );
  return stdout;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}
