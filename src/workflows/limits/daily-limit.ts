/** The limit of a day as people write and read it, and this computer's own note of it: a machine may lose its own. */
import { join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { attempt } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { readIfThere, writePrivate } from '../../core/files.ts';
import { parseJson } from '../../core/json.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { type DailyLimit, dailyLimit, type LimitStanding } from '../../openclaw/look/spend.ts';

const WISH = /^(\d{1,15}(?:\.\d{1,4})?) *(tokens?|usd)(?: +([A-Za-z0-9_+/-]{1,60}))?$/i;

/**
 * What is wished, without the moment; neither number for "none".
 * @throws AppError `invalid_input`.
 */
export function parseDailyLimit(text: string): Omit<DailyLimit, 'set_at'> {
  if (text.trim().toLowerCase() === 'none') return {};
  const [, amount, unit = '', zone] = WISH.exec(text.trim()) ?? [];
  const number = Number(amount);
  if (amount === undefined || !(number > 0)) {
    throw wrong('This is no daily limit', 'Write it as "200000 tokens" or "5 USD", or "none" to lift it.');
  }
  if (zone !== undefined && !isZone(zone)) {
    throw wrong('This time zone is not known', 'Name it as "5 USD Europe/Berlin", or leave it out for UTC.');
  }
  const money = unit.toLowerCase() === 'usd';
  return {
    ...(money ? { usd: number } : { tokens: Math.ceil(number) }),
    ...(zone !== undefined && { zone }),
  };
}

function isZone(zone: string): boolean {
  return attempt(() => Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined, false);
}

const wrong = (message: string, next: string) =>
  new AppError(
    'invalid_input',
    `Nothing was changed: ${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    {
      next,
    },
  );

export const isSet = ({ tokens, usd }: Pick<DailyLimit, 'tokens' | 'usd'>): boolean =>
  tokens !== undefined || usd !== undefined;

/** This computer's notes, by machine. */
export interface DailyLimits {
  /** Undefined where none was ever set from here. A note that cannot be read is none: the machine has its own. */
  known(machineId: string): Promise<DailyLimit | undefined>;
  /** Never an older one over a newer, unless that lies ahead of now: it was set by a clock that was wrong. */
  keep(machineId: string, limit: DailyLimit): Promise<void>;
}

export function dailyLimits(stateDir: string, clock: Pick<Clock, 'now'>): DailyLimits {
  const dir = join(stateDir, 'limits');
  const fileOf = (machineId: string) =>
    join(dir, `${encodeURIComponent(machineId).replaceAll('.', '%2E')}.json`);
  const known = async (machineId: string) =>
    dailyLimit.safeParse(parseJson(await readIfThere(fileOf(machineId)))).data;
  return {
    known,
    keep: (machineId, limit) =>
      inStateFolder(stateDir, async () => {
        const before = await known(machineId);
        const now = clock.now();
        if (before === undefined || before.set_at > now || before.set_at < limit.set_at)
          await writePrivate(fileOf(machineId), JSON.stringify(limit));
      }),
  };
}

const LIFT =
  'It ends with the day. Only if the person wants it: configure_openclaw with daily_limit raises it, "none" lifts it.';

/** `50000 tokens a day (UTC)`. */
export function limitWords({ tokens, usd, zone }: Pick<DailyLimit, 'tokens' | 'usd' | 'zone'>): string {
  // Of a machine, which may name any zone.
  const told = zone !== undefined && isZone(zone) && /^[\w+/-]{1,60}$/.test(zone) ? zone : 'UTC';
  return `${tokens === undefined ? `${usd} USD` : `${tokens} tokens`} a day (${told})`;
}

/** One sentence where there is something to say; undefined below four fifths. */
export function standingWords({ limit, today, keeping }: LimitStanding): string | undefined {
  if (keeping === 'broken')
    return 'The daily limit on the machine cannot be read, so the assistant begins nothing new: set it again with configure_openclaw (daily_limit).';
  if (limit === undefined || today === undefined) return undefined;
  const spent = limit.tokens === undefined ? `${today.usd} USD` : `${today.tokens} tokens`;
  const of = `of the daily limit of ${limitWords(limit)}`;
  if (today.standing === 'warned') return `${spent} ${of} are spent, more than four fifths.`;
  if (today.standing === 'under') return undefined;
  return `${spent} ${of} are spent: no new turn begins, messengers and automations included. ${LIFT}`;
}

/** What did not begin, or was ended. */
export function limitError(standing: LimitStanding, ended: boolean): AppError {
  const words = standingWords(standing);
  return new AppError(
    'conflict',
    ended
      ? 'This turn was ended: twice the daily limit of this assistant is spent'
      : 'The message was not sent: the daily limit of this assistant is reached',
    { next: words ?? LIFT, details: { reason: 'daily_limit' } },
  );
}
