/** Sizes, times and states in a person's words. */

/** A confirmation is for the agent and the person who reads with it: here it is not even kept. */
export function withoutConfirmation(sentence: string): string {
  return sentence.replace(/(confirmation) "[^"]*"/g, '$1');
}

/** For a person: 1.4 MB rather than 1432117. */
export function sizeOf(bytes: number | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

/** 8 s, 1 min 12 s, 3 h 5 min, 9 d. */
export function durationOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600)
    return [`${Math.floor(whole / 60)} min`, whole % 60 > 0 ? `${whole % 60} s` : ''].join(' ').trim();
  const minutes = Math.floor(whole / 60);
  if (whole < 2 * 86_400)
    return [`${Math.floor(minutes / 60)} h`, minutes % 60 > 0 ? `${minutes % 60} min` : ''].join(' ').trim();
  return `${Math.floor(whole / 86_400)} d`;
}

export function autosleepOf(seconds: number | undefined): string {
  if (seconds === undefined) return 'unknown';
  return seconds === 0 ? 'never' : `after ${durationOf(seconds)}`;
}

/** A time that a tool told, in the reader's own clock; as it is where it is none. */
export function timeOf(at: string, locale?: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  return time.toLocaleString(locale, { month: 'short', day: 'numeric', hour: 'numeric', minute: '2-digit' });
}

/** 'out_of_memory' as 'out of memory'. */
export const plain = (word: string): string => word.replaceAll('_', ' ');
