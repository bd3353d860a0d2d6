/** Reads the two shapes in which the API says no, and an answer that has neither, into one. */
import * as z from 'zod';
import { pause, type WireAnswer } from './wire.ts';

/** One refusal, whichever envelope it came in. Every text in it is foreign. */
export interface Refusal {
  status: number;
  /** The API's own code (INVALID_STATE); only the first envelope has one. */
  platformCode: string | undefined;
  /** What the API wrote, in full. */
  text: string;
  retryable: boolean | undefined;
  retryAfterMs: number | undefined;
  facts: Readonly<Record<string, string>>;
  fields: readonly { location: string; message: string }[];
}

const text = z.string().catch('');
const coded = z.object({
  error_code: z.string().min(1),
  message: text,
  retryable: z.boolean().optional().catch(undefined),
  retry_after_ms: pause,
  details: z.record(z.string(), z.coerce.string()).catch({}),
});
const problem = z.object({
  title: text,
  detail: text,
  errors: z
    .array(z.object({ location: text, message: text }).catch({ location: '', message: '' }))
    .nullish()
    .catch(undefined),
});

/** Reads `answer`, whose status is 400 or more. */
export function readRefusal(answer: WireAnswer): Refusal {
  const { status, retryAfterMs } = answer;
  const first = coded.safeParse(answer.body);
  if (first.success) {
    return {
      status,
      platformCode: first.data.error_code,
      text: first.data.message,
      retryable: first.data.retryable,
      retryAfterMs: first.data.retry_after_ms ?? retryAfterMs,
      facts: first.data.details,
      fields: [],
    };
  }
  const second = problem.safeParse(answer.body);
  const none = { title: '', detail: '', errors: undefined };
  const { title, detail, errors } = second.success ? second.data : none;
  const fields = errors ?? [];
  const lines = [detail || title, ...fields.map((field) => `${field.location}: ${field.message}`)];
  return {
    status,
    platformCode: undefined,
    text: lines.filter((line) => line !== '').join('\n'),
    retryable: undefined,
    retryAfterMs,
    facts: {},
    fields,
  };
}

// Whatever a Go, Python or JavaScript validator says about a field that it does not know.
const UNKNOWN_FIELD =
  /unexpected|unknown|unrecogni[sz]ed|additional|not allowed|not permitted|extra|unsupported/i;

/** Whether the API refused a request because it does not know the field `name`, and not because of its value. */
export function refusesField(refusal: Refusal, name: string): boolean {
  if (refusal.status !== 400 && refusal.status !== 422) return false;
  const lines = refusal.text.split('\n');
  return lines.some((line) => line.includes(name) && UNKNOWN_FIELD.test(line));
}
