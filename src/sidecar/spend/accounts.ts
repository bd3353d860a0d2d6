/** What OpenClaw's own accounts say was spent; they are asked until they are up to date, which a fresh gateway is not. */
import * as z from 'zod/mini';
import { systemClock } from '../../core/clock.ts';
import { callGateway } from '../gateway/ask.ts';
import type { Place } from '../place.ts';
import { MAX_AMOUNT } from './limit.ts';

const amount = z.catch(z.number().check(z.nonnegative(), z.maximum(MAX_AMOUNT)), 0);
const totals = z.object({ totalTokens: amount, totalCost: amount, missingCostEntries: amount });
const fresh = { cacheStatus: z.catch(z.optional(z.object({ status: z.string() })), undefined) };
const costs = z.object({
  ...fresh,
  daily: z.array(z.extend(totals, { date: z.string() })),
  totals: z.extend(totals, { missingCostByModel: z.catch(z.record(z.string(), z.unknown()), {}) }),
});
const sessions = z.object({
  ...fresh,
  sessions: z.array(z.object({ key: z.string(), usage: z.nullable(totals) })),
});

export type Costs = z.infer<typeof costs>;

/** As much as a person has sessions that matter. */
const MOST_SESSIONS = 200;
const TRIES = 6;
const PAUSE_MS = 1_000;

/** By day, newest last, of that zone. Undefined where OpenClaw does not tell. */
export const costsOf = (place: Place, days: number, timeZone = 'UTC'): Promise<Costs | undefined> =>
  untilFresh(place, 'usage.cost', { days, timeZone, agentScope: 'all' }, costs);

export async function sessionCosts(place: Place) {
  const params = { range: 'all', mode: 'utc', agentScope: 'all', limit: MOST_SESSIONS };
  const told = await untilFresh(place, 'sessions.usage', params, sessions);
  return told?.sessions.flatMap(({ key, usage }) => (usage === null ? [] : [{ key, ...spentIn(usage) }]));
}

export const spentIn = (of: z.infer<typeof totals>) => ({
  tokens: of.totalTokens,
  usd: of.totalCost,
  unpriced: of.missingCostEntries,
});

async function untilFresh<T extends z.ZodMiniType<{ cacheStatus?: { status: string } | undefined }>>(
  place: Place,
  method: string,
  params: object,
  schema: T,
): Promise<z.infer<T> | undefined> {
  for (let tries = 1; ; tries++) {
    const read = schema.safeParse(await callGateway(place, method, params));
    if (!read.success) return undefined;
    if ((read.data.cacheStatus?.status ?? 'fresh') === 'fresh') return read.data;
    // Old numbers would be taken for those of now.
    if (tries === TRIES) return undefined;
    await systemClock.sleep(PAUSE_MS);
  }
}
