/** What an assistant has spent, by its own accounts, as gateway_status tells it. */
import { type Fields, fields, list, number, text } from './read.ts';

export type Spent = NonNullable<ReturnType<typeof dayOf>>;
export type Spend = NonNullable<ReturnType<typeof spendOf>>;

const DAYS = 7;

/** With the last seven days that it tells of, oldest first. Undefined where nothing is told. */
export function spendOf(value: unknown) {
  const data = fields(value);
  const days = list(data.days, (one) => dayOf(fields(one)));
  const limit = text(data.daily_limit);
  if (days.length === 0 && limit === undefined) return undefined;
  return { week: days.slice(-DAYS), limit, standing: text(data.standing) };
}

function dayOf({ date, tokens, usd }: Fields) {
  return typeof date === 'string' ? { date, tokens: number(tokens) ?? 0, usd: number(usd) ?? 0 } : undefined;
}

/** Heights of bars in per cent of the highest, by money where there is any, else by tokens. */
export function heights(week: readonly Spent[]): number[] {
  const priced = week.some(({ usd }) => usd > 0);
  const values = week.map(({ usd, tokens }) => (priced ? usd : tokens));
  const highest = Math.max(...values, 0);
  return values.map((value) => (highest === 0 ? 0 : Math.round((100 * value) / highest)));
}

/** '1.24 USD, 81,200 tokens'. */
export function sumOf(days: readonly Pick<Spent, 'tokens' | 'usd'>[], locale?: string): string {
  const usd = days.reduce((sum, day) => sum + day.usd, 0);
  const tokens = days.reduce((sum, day) => sum + day.tokens, 0);
  return `${usd.toFixed(2)} USD, ${tokens.toLocaleString(locale)} tokens`;
}
