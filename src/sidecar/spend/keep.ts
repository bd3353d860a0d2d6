/** Keeps a machine's limit: set and lifted, counted after turns, and what to do about it told. */

import { systemClock } from '../../core/clock.ts';
import { works } from '../gateway/health.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { abortRun, runningKeys } from '../sessions/interrupted.ts';
import { SidecarError } from '../sidecar-error.ts';
import { costsOf, sessionCosts, spentIn } from './accounts.ts';
import { readAccounts, readLimit, readMeter, writeLedger } from './ledger.ts';
import { dayOf, type Limit, mayBegin, type Spent, spentOn } from './limit.ts';
import { keepPlugin, limitDir, pluginDir, settingsNamePlugin } from './plugin-files.ts';
import { isPriced } from './price.ts';

type Standing = Pick<ReplyOf<'spend'>, 'limit' | 'today' | 'keeping'>;

/** A year: what was spent before is no longer a matter of today. */
const DAYS = 366;
const PRICED_DAYS = 30;

/** @throws SidecarError `price_unknown`: nothing was changed. */
export async function setLimit(
  place: Place,
  { limit, model }: RequestOf<'set_limit'>,
): Promise<ReplyOf<'set_limit'>> {
  if (limit.usd !== undefined && !(await hasPrice(place, model))) throw new SidecarError('price_unknown');
  keepPlugin(place);
  order(place, limit);
  const kept = known(place);
  if (kept !== undefined && isSet(kept)) await countAccounts(place, kept);
  return { ...standingOf(place), plugin: pluginDir(place), set_at: kept?.set_at ?? limit.set_at };
}

/** Known beforehand, or proved by an answer of it that OpenClaw could put a price on. */
async function hasPrice(place: Place, model: string | undefined): Promise<boolean> {
  const { totalCost = 0, missingCostByModel = {} } = (await costsOf(place, PRICED_DAYS))?.totals ?? {};
  if (model === undefined) return totalCost > 0;
  if (isPriced(place, model, missingCostByModel)) return true;
  return totalCost > 0 && !(model in missingCostByModel);
}

export async function spend(place: Place, { accounts }: RequestOf<'spend'>): Promise<ReplyOf<'spend'>> {
  const asked = accounts !== 'nothing' && (await works(place));
  const sessions = asked && accounts === 'sessions' ? await sessionCosts(place) : undefined;
  const limit = known(place);
  const costs = asked && accounts === 'days' ? await costsOf(place, DAYS, limit?.zone) : undefined;
  const days = costs?.daily.map(({ date, ...of }) => ({ date, ...spentIn(of) }));
  return {
    ...standingOf(place),
    ...(costs && { total: spentIn(costs.totals) }),
    ...(days && { days: days.filter(({ tokens, usd }) => tokens > 0 || usd > 0) }),
    ...(sessions && { sessions }),
  };
}

/**
 * Before a message is sent.
 * @param told what the server knows the limit to be: it may outlive the machine's own note of it.
 * @throws SidecarError `limit_reached`.
 */
export async function admitTurn(place: Place, told: Limit | undefined): Promise<void> {
  if (told !== undefined) remember(place, told);
  const limit = readLimit(limitDir(place));
  if (limit === 'broken') throw new SidecarError('limit_unreadable');
  if (limit === undefined || !isSet(limit)) return;
  if (limit.usd !== undefined && !isCounted(place)) await countAccounts(place, limit);
  if (!mayBegin(spentNow(place, limit))) throw new SidecarError('limit_reached');
}

const minded = new Map<string, string>();

/** Costs the reading of two small files where no turn was counted since it was last called. */
export async function mindLimit(place: Place): Promise<void> {
  const limit = known(place);
  if (limit === undefined || !isSet(limit)) return;
  const now = JSON.stringify([limit, readMeter(limitDir(place))]);
  if (minded.get(place.home) === now) return;
  minded.set(place.home, now);
  if (limit.usd !== undefined) await countAccounts(place, limit);
  if (spentNow(place, limit).standing !== 'twice') return;
  for (const key of await runningKeys(place)) if (!(await abortRun(place, key))) minded.delete(place.home);
}

/** Where OpenClaw does not tell, what was known stays. */
async function countAccounts(place: Place, limit: Limit): Promise<void> {
  const day = dayOf(systemClock.now(), limit.zone);
  const meter = readMeter(limitDir(place));
  const metered = meter?.day === day ? meter.tokens : 0;
  const today = (await costsOf(place, 2, limit.zone))?.daily.find(({ date }) => date === day);
  if (today !== undefined) writeLedger(limitDir(place), 'accounts', { day, ...spentIn(today), metered });
}

/** Whether the accounts were asked for since the last answer of a model. */
function isCounted(place: Place): boolean {
  const meter = readMeter(limitDir(place));
  const accounts = readAccounts(limitDir(place));
  return meter === undefined || (accounts?.day === meter.day && accounts.metered === meter.tokens);
}

/**
 * What a person wants now. It was set no later than it arrives here, whatever the clock of their computer says: so nothing
 * that is kept lies ahead, and what does (of earlier programs, or after this clock was set back) stands in nobody's way.
 */
function order(place: Place, limit: Limit): void {
  const now = systemClock.now();
  const own = known(place);
  const later = own !== undefined && own.set_at > limit.set_at && own.set_at <= now;
  if (!later) writeLedger(limitDir(place), 'limit', { ...limit, set_at: Math.min(limit.set_at, now) });
}

/** What a server noted earlier, in the place of a note that was lost or is older. */
function remember(place: Place, limit: Limit): void {
  const now = systemClock.now();
  const own = known(place);
  const newer = own === undefined || (own.set_at < limit.set_at && limit.set_at <= now);
  if (newer) writeLedger(limitDir(place), 'limit', { ...limit, set_at: Math.min(limit.set_at, now) });
}

export function standingOf(place: Place): Standing {
  const limit = readLimit(limitDir(place));
  if (limit === 'broken') return { keeping: 'broken' };
  if (limit === undefined || !isSet(limit)) return { keeping: 'no_limit' };
  const keeping = settingsNamePlugin(place) ? 'kept' : 'not_kept';
  return { limit, today: spentNow(place, limit), keeping };
}

const spentNow = (place: Place, limit: Limit): Spent =>
  spentOn(limit, readMeter(limitDir(place)), readAccounts(limitDir(place)), systemClock.now());

function known(place: Place): Limit | undefined {
  const limit = readLimit(limitDir(place));
  return limit === 'broken' ? undefined : limit;
}

const isSet = ({ tokens, usd }: Limit) => tokens !== undefined || usd !== undefined;
