/** Reads the API's autosleep durations. */

const UNIT_SECONDS: Readonly<Record<string, number>> = { w: 604_800, d: 86_400, h: 3_600, m: 60, s: 1 };

/**
 * Seconds of "30s", "30m", "2h", "7d3h4s", "1w3d" or "1800"; 0 for "never"; undefined when it is none of these.
 * Units go from large to small and each occurs once.
 */
export function parseAutosleep(text: string): number | undefined {
  if (text === 'never') return 0;
  if (/^\d{1,9}$/.test(text)) return positive(Number(text));
  if (!/^(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?(?:\d{1,9}s)?$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([wdhms])/g)) {
    seconds += Number(amount) * (UNIT_SECONDS[unit ?? ''] ?? 0);
  }
  return positive(seconds);
}

/** Zero seconds would put a machine to sleep while it starts; only "never" may mean zero. */
function positive(seconds: number): number | undefined {
  return seconds > 0 ? seconds : undefined;
}
