/** Several pieces on their way at once, handled in order. */

// Each piece is a command of about 0.1 s, most of it waiting; more at once would crowd out a chat.
const IN_FLIGHT = 4;

/**
 * Begins `fetch` for up to four items ahead and hands the results to `take` in the order of `items`.
 * @throws what either throws; what is still on its way then is left to itself.
 */
export async function inFlight<Item, Result>(
  items: readonly Item[],
  fetch: (item: Item) => Promise<Result>,
  take: (result: Result, item: Item) => Promise<void>,
): Promise<void> {
  const ahead: Promise<Result>[] = [];
  let next = 0;
  for (const item of items) {
    for (; next < items.length && ahead.length < IN_FLIGHT; next++) {
      const [begun] = items.slice(next, next + 1).map(fetch);
      if (begun === undefined) break;
      // Reported when its turn comes; until then it must not count as unhandled.
      begun.catch(() => {});
      ahead.push(begun);
    }
    const first = ahead.shift();
    if (first !== undefined) await take(await first, item);
  }
}
