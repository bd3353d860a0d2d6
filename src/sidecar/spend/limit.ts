/** How much of a day's limit is spent, told from what was written down: the plugin and the program of the machine agree on it. */
import { attempt } from '../../core/errno.ts';

/** What one machine may spend in a day; neither number: whatever it likes. */
export interface Limit {
  tokens?: number | undefined;
  usd?: number | undefined;
  /** IANA name of the zone whose days count; UTC where nothing is said. */
  zone?: string | undefined;
  /** When it was set, in milliseconds since the epoch: of two the later counts. */
  set_at: number;
}

/** What the plugin has counted since a day began. */
export interface Meter {
  day: string;
  tokens: number;
}

/** What OpenClaw's own accounts said of a day. */
export interface Accounts extends Meter {
  usd: number;
  /** Answers whose price OpenClaw does not know: they are not in `usd`. */
  unpriced: number;
  /** What the plugin had counted right before they were asked for. */
  metered: number;
}

/** How a day stands to its limit: below four fifths of it, above them, at it, or at twice as much. */
export type Standing = 'under' | 'warned' | 'reached' | 'twice';

export interface Spent {
  day: string;
  tokens: number;
  usd: number;
  unpriced: number;
  standing: Standing;
}

const WARNED = 0.8;

/** More tokens, or milliseconds, than there ever are. */
export const MAX_AMOUNT = 1e15;

/** What can be counted: no number that is none, and none below nothing. */
export const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && value >= 0 && value <= MAX_AMOUNT;

/** Whether this computer knows the days of a zone of this name. */
export function isZone(zone: string): boolean {
  return attempt(() => dayOf(0, zone) !== '', false);
}

/** The day of a moment, as `2026-11-27`. */
export function dayOf(at: number, zone = 'UTC'): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at);
}

/** @param now milliseconds since the epoch; what was counted on another day does not count. */
export function spentOn(
  limit: Limit,
  meter: Meter | undefined,
  accounts: Accounts | undefined,
  now: number,
): Spent {
  const day = dayOf(now, limit.zone);
  const counted = meter?.day === day ? meter.tokens : 0;
  const known = accounts?.day === day ? accounts : undefined;
  // A meter that was lost begins at nothing: what the accounts know is never taken back.
  const tokens = known === undefined ? counted : known.tokens + Math.max(0, counted - known.metered);
  const usd = known?.usd ?? 0;
  return { day, tokens, usd, unpriced: known?.unpriced ?? 0, standing: standingOf(limit, tokens, usd) };
}

function standingOf(limit: Limit, tokens: number, usd: number): Standing {
  const shares = [
    ...(limit.tokens === undefined ? [] : [tokens / limit.tokens]),
    ...(limit.usd === undefined ? [] : [usd / limit.usd]),
  ];
  const share = Math.max(0, ...shares);
  return share >= 2 ? 'twice' : share >= 1 ? 'reached' : share >= WARNED ? 'warned' : 'under';
}

/** Whether a new turn may begin. */
export const mayBegin = ({ standing }: Spent): boolean => standing === 'under' || standing === 'warned';

/** As people read it: `50000 tokens a day (UTC)`. */
export function limitWords({ tokens, usd, zone = 'UTC' }: Limit): string {
  return `${tokens === undefined ? `${usd} USD` : `${tokens} tokens`} a day (${zone})`;
}
