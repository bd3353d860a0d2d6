/** What an assistant has spent, as gateway_status and list_sessions tell it, and for how many answers no price is known. */
import * as z from 'zod';
import type { Spend } from '../openclaw/look/spend.ts';
import { isSet, limitWords } from '../workflows/limits/daily-limit.ts';

const sum = {
  tokens: z.number(),
  usd: z.number().describe('Without unpriced answers.'),
  unpriced: z.number().describe('Answers whose price OpenClaw does not know.'),
};

export const spentOutput = z.object(sum);

export const spendOutput = z.object({
  today: z.object({ day: z.string(), ...sum }).optional(),
  days: z
    .array(z.object({ date: z.string(), ...sum }))
    .optional()
    .describe('Newest last.'),
  total: spentOutput.optional().describe('Of a year.'),
  daily_limit: z.string().optional(),
  standing: z.enum(['under', 'warned', 'reached', 'twice']).optional(),
});

const MOST_DAYS = 14;
const DATE = /^\d{4}-\d{2}-\d{2}$/;

export type Sum = z.output<typeof spentOutput>;

/** Undefined where nothing is known of it. */
export function spendFields(spend: Spend | undefined): z.output<typeof spendOutput> | undefined {
  if (spend === undefined) return undefined;
  const { today, days, total, limit } = spend;
  const told = days?.filter(({ date }) => DATE.test(date)).slice(-MOST_DAYS);
  const fields = {
    ...(today && DATE.test(today.day) && { today: { day: today.day, ...sumOf(today) } }),
    ...(today && { standing: today.standing }),
    ...(told && { days: told.map(({ date, ...of }) => ({ date, ...sumOf(of) })) }),
    ...(total && { total: sumOf(total) }),
    ...(limit && isSet(limit) && { daily_limit: limitWords(limit) }),
  };
  return Object.keys(fields).length === 0 ? undefined : fields;
}

export const sumOf = ({ tokens, usd, unpriced }: Sum): Sum => ({ tokens, usd: cents(usd), unpriced });

/** `16668 tokens, 0.05 USD without 1 answer(s) of unknown price`. */
export function sumWords({ tokens, usd, unpriced }: Sum): string {
  const without = unpriced === 0 ? '' : ` without ${unpriced} answer(s) of unknown price`;
  return `${tokens} tokens, ${cents(usd)} USD${without}`;
}

/** A hundredth of a cent says enough. */
const cents = (usd: number) => Math.round(usd * 10_000) / 10_000;

/** For the summary: today and in all, by OpenClaw's own accounts. */
export function spendWords(spend: z.output<typeof spendOutput> | undefined): string[] {
  if (spend === undefined) return [];
  const { today, days, total, daily_limit: limit } = spend;
  const newest = today ?? days?.at(-1);
  const when = newest && ('day' in newest ? 'today' : `on ${newest.date}`);
  return [
    ...(newest ? [`spent ${when}: ${sumWords(newest)}`] : []),
    ...(total ? [`in all ${sumWords(total)}`] : []),
    ...(limit === undefined ? [] : [`daily limit ${limit}`]),
  ];
}
