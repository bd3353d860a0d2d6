/** The spend of a week as a small plot; who does not see it hears the same numbers. */
import { heights, type Spend, sumOf } from '../told/spend.ts';
import { plain } from '../told/words.ts';

export function SpendPlot({ spend: { week, limit, standing } }: { spend: Spend }) {
  const tall = heights(week);
  const said = week.map((day) => `${day.date}: ${sumOf([day])}`).join('; ');
  return (
    <div>
      <h2>Spent in the last days</h2>
      {week.length > 0 && (
        <div class="spend">
          <div class="plot" role="img" aria-label={said}>
            {week.map(({ date }, index) => (
              <i key={date} title={date} style={{ height: `${Math.max(tall[index] ?? 0, 4)}%` }} />
            ))}
          </div>
          <p>{sumOf(week)}</p>
        </div>
      )}
      {limit !== undefined && (
        <p class="quiet">
          Daily limit {limit}
          {standing !== undefined && `, ${plain(standing)}`}
        </p>
      )}
    </div>
  );
}
