/** Failures that a live check met and got over by trying again: no other line of its report shows them. */
import { isAppError } from '../../../core/errors.ts';
import { readRefusal } from '../../../dedalus/envelopes.ts';
import type { Watch, WireAnswer } from '../../../dedalus/wire.ts';

export interface Troubles {
  watch: Watch;
  /** Those since the last time, as "on the way: 429 RATE_LIMITED (2), no answer"; '' for none. */
  taken(): string;
}

const TOKEN = /^[A-Za-z][A-Za-z0-9_]{0,60}$/;

export function troubles(): Troubles {
  let seen: string[] = [];
  return {
    watch: (_request, came) => {
      const trouble = isAppError(came) ? 'no answer' : troubleOf(came);
      if (trouble !== undefined) seen.push(trouble);
    },
    taken() {
      const all = seen;
      seen = [];
      const counted = [...new Set(all)].map((kind) => {
        const times = all.filter((one) => one === kind).length;
        return times === 1 ? kind : `${kind} (${times})`;
      });
      return counted.length === 0 ? '' : `on the way: ${counted.join(', ')}`;
    },
  };
}

function troubleOf(answer: WireAnswer): string | undefined {
  // What is not there is looked for on purpose: a machine until it is gone, a call that only some generations have.
  if (answer.status === 404 || answer.status === 405) return undefined;
  if (answer.status >= 400) return `${answer.status} ${token(readRefusal(answer).platformCode)}`.trim();
  if (typeof answer.body !== 'object' || answer.body === null) return `${answer.status} without JSON`;
  // A command that the platform did not run, or that had to wake its machine, is told with status 200.
  const { error_code, status }: { error_code?: unknown; status?: unknown } = answer.body;
  if (error_code !== undefined) return `a command ended with ${token(error_code) || 'an unknown code'}`;
  return status === 'wake_in_progress' ? 'a command found the machine asleep' : undefined;
}

/** A word of the API, where it is one. */
function token(word: unknown): string {
  return typeof word === 'string' && TOKEN.test(word) ? word : '';
}
