/** The spend of a week as a small plot; who does not see it hears the same numbers. */
import { heights, type Spend, type Spent, sumOf } from '../told/spend.ts';
import { plain } from '../told/words.ts';

export function SpendPlot({ spend: { week, limit, standing } }: { spend: Spend }) {
  return (
    <div>
      <h2>Spent in the last days</h2>
      <Week week={week} />
      {limit !== undefined && (
        <p class="quiet">
          Daily limit {limit}
          {standing !== undefined && `, ${plain(standing)}`}
        </p>
      )}
    </div>
  );
}

/** Units of the drawing: a day's bar with the gap behind it, and the highest bar. */
const STEP = 10;
const BAR = 8;
const HIGH = 24;

/** Bars by day, and their sum. Nothing where no day is told. */
export function Week({ week }: { week: readonly Spent[] }) {
  if (week.length === 0) return null;
  const tall = heights(week).map((percent) => Math.max((percent * HIGH) / 100, 1));
  return (
    <div class="spend">
      <svg
        class="plot"
        viewBox={`0 0 ${week.length * STEP} ${HIGH}`}
        role="img"
        aria-label={week.map((day) => `${day.date}: ${sumOf([day])}`).join('; ')}
      >
        {week.map((day, index) => (
          <rect
            key={day.date}
            x={index * STEP}
            y={HIGH - (tall[index] ?? 0)}
            width={BAR}
            height={tall[index]}
            rx={1}
          >
            <title>{`${day.date}: ${sumOf([day])}`}</title>
          </rect>
        ))}
      </svg>
      <p>{sumOf(week)}</p>
    </div>
  );
}
