/** Scripted failures: which request of which operation goes wrong, and how. Deterministic: only counts decide. */
import * as z from 'zod';
import { ConnectionLost, coded, problem } from './problems.ts';

export const OPERATIONS = [
  'list',
  'create',
  'get',
  'update',
  'delete',
  'sleep',
  'wake',
  'reboot',
  'execution_list',
  'execution_create',
  'execution_get',
  'execution_cancel',
  'execution_output',
  'execution_events',
  'port_list',
  'port_create',
  'port_get',
  'port_close',
] as const;

export type Operation = (typeof OPERATIONS)[number];

const milliseconds = z.int().nonnegative();

const action = z.discriminatedUnion('type', [
  // What the request meets on the way: the work is not done.
  z.strictObject({ type: z.literal('reset') }),
  z.strictObject({ type: z.literal('rate_limited'), retry_after_ms: milliseconds.default(50) }),
  z.strictObject({ type: z.literal('unavailable') }),
  z.strictObject({ type: z.literal('signature_missing') }),
  z.strictObject({
    type: z.literal('refuse'),
    status: z.int(),
    error_code: z.string(),
    message: z.string(),
    retryable: z.boolean().default(false),
    retry_after_ms: milliseconds.optional(),
  }),
  // What happens to the answer: the work is done.
  z.strictObject({ type: z.literal('lose_answer') }),
  z.strictObject({ type: z.literal('error_after'), status: z.int().default(500) }),
  z.strictObject({ type: z.literal('empty_body') }),
  z.strictObject({ type: z.literal('html_body'), status: z.int().default(200) }),
  z.strictObject({ type: z.literal('slow'), ms: milliseconds }),
  z.strictObject({ type: z.literal('truncate_output'), bytes: z.int().nonnegative() }),
  // What happens to the machine that the request creates or wakes.
  z.strictObject({ type: z.literal('stuck_placement') }),
  z.strictObject({
    type: z.literal('machine_failed'),
    reason: z.string(),
    retryable: z.boolean().default(false),
  }),
  z.strictObject({ type: z.literal('machine_vanishes') }),
  // What happens to the machine or to the execution of the request.
  z.strictObject({ type: z.literal('autosleep_now') }),
  z.strictObject({
    type: z.literal('refuse_execution'),
    error_code: z
      .enum(['machine_not_found', 'machine_not_routable', 'host_agent_execute_failed'])
      .default('machine_not_routable'),
  }),
  z.strictObject({ type: z.literal('expire_execution') }),
]);

/**
 * One scripted failure. It strikes from the `nth` matching request on, counted from when it was set, `times` times.
 * `expire_execution` lets the command run, and reports it as expired all the same.
 * `autosleep_now` puts the machine to sleep before the request is looked at, whatever runs on it.
 */
const fault = z.strictObject({
  operation: z.enum(OPERATIONS),
  nth: z.int().positive().default(1),
  times: z.int().positive().default(1),
  action,
});

export const faultsRequest = z.strictObject({ faults: z.array(fault) });
export type FaultsRequest = z.input<typeof faultsRequest>;
export type FaultAction = z.infer<typeof action>;
type Fault = z.infer<typeof fault>;

export class Faults {
  #scripted: { fault: Fault; seen: number; struck: number }[] = [];

  /** Replaces everything that was scripted before. @throws ZodError when the script is wrong. */
  set(request: FaultsRequest): void {
    this.#scripted = faultsRequest
      .parse(request)
      .faults.map((scripted) => ({ fault: scripted, seen: 0, struck: 0 }));
  }

  /** Counts one request, and returns what goes wrong with it. */
  take(operation: Operation): FaultAction[] {
    const actions: FaultAction[] = [];
    for (const entry of this.#scripted) {
      if (entry.fault.operation !== operation) continue;
      entry.seen += 1;
      if (entry.seen < entry.fault.nth || entry.struck >= entry.fault.times) continue;
      entry.struck += 1;
      actions.push(entry.fault.action);
    }
    return actions;
  }

  document(): Record<string, unknown> {
    return { faults: this.#scripted.map(({ fault, seen, struck }) => ({ ...fault, seen, struck })) };
  }
}

/** The action of this type, when it is among `actions`. */
export function find<T extends FaultAction['type']>(
  actions: readonly FaultAction[],
  type: T,
): Extract<FaultAction, { type: T }> | undefined {
  return actions.find((a): a is Extract<FaultAction, { type: T }> => a.type === type);
}

/** @throws what the request meets instead of being worked on. */
export function strikeBefore(actions: readonly FaultAction[]): void {
  for (const a of actions) {
    if (a.type === 'reset') throw new ConnectionLost();
    if (a.type === 'rate_limited') {
      throw coded(429, 'RATE_LIMITED', 'rate limit exceeded', {
        retryable: true,
        retryAfterMs: a.retry_after_ms,
        details: { rate_limit_scope: 'mutating_lifecycle_routes' },
      });
    }
    if (a.type === 'unavailable') {
      throw coded(503, 'DEPENDENCY_UNAVAILABLE', 'runtime unavailable', { retryable: true });
    }
    if (a.type === 'signature_missing') throw coded(401, 'AUTH_REQUIRED', 'missing internal route signature');
    if (a.type === 'refuse') {
      throw coded(a.status, a.error_code, a.message, {
        retryable: a.retryable,
        ...(a.retry_after_ms !== undefined && { retryAfterMs: a.retry_after_ms }),
      });
    }
  }
}

/** What the client gets instead of `answer`, after the work. @throws the same as a failure. */
export function strikeAfter(actions: readonly FaultAction[], answer: Response): Response {
  for (const a of actions) {
    if (a.type === 'lose_answer') throw new ConnectionLost();
    if (a.type === 'error_after') throw problem(a.status, 'internal error');
    if (a.type === 'empty_body') {
      return new Response('', { status: answer.status, headers: { 'content-type': 'application/json' } });
    }
    if (a.type === 'html_body') {
      const html = '<!doctype html><html><body><h1>Sign in to continue</h1></body></html>';
      return new Response(html, { status: a.status, headers: { 'content-type': 'text/html' } });
    }
  }
  return answer;
}
