/** What every request goes through around its work: counting, scripted faults, keys, errors. */

import { randomBytes, randomUUID } from 'node:crypto';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';
import { isErrno } from '../../core/errno.ts';
import { parseJson } from '../../core/json.ts';
import type { Log } from '../../core/log.ts';
import type { Machines } from '../machines/machines.ts';
import { bareId } from '../machines/model.ts';
import type { LocalOptions } from '../options.ts';
import type { Bodies } from './bounded-body.ts';
import type { RuntimeName } from './documents.ts';
import { type FaultAction, type Faults, find, type Operation, strikeAfter, strikeBefore } from './faults.ts';
import type { Answer, Idempotency } from './idempotency.ts';
import { ApiProblem, ConnectionLost, invalid, problem } from './problems.ts';
import type { Stats } from './stats.ts';

/** The connection a request came on; none when the app is called in process. */
export interface Bindings {
  connection?: { destroy(): unknown };
}

export type AppEnv = { Bindings: Bindings };
export type AppContext = Context<AppEnv>;

/** What the app is made of. */
export interface Parts {
  options: LocalOptions;
  apiKey: string;
  runtimeName: RuntimeName;
  machines: Machines;
  faults: Faults;
  stats: Stats;
  keys: Idempotency;
  bodies: Bodies;
}

export interface Call {
  c: AppContext;
  machineId: string;
  executionId: string;
  actions: readonly FaultAction[];
}

export interface Mutation extends Call {
  body: unknown;
  /** Id of whatever is created; the same when the request is repeated. */
  resourceId: string;
}

type Work<T> = (call: T) => Answer | Promise<Answer>;
type Handler = (c: AppContext) => Promise<Response>;

export class Exchange {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A request that needs no Idempotency-Key. */
  plain(operation: Operation, work: Work<Call>): Handler {
    return async (c) => {
      const call = await this.#begin(c, operation);
      const answer = await work(call);
      await this.#linger(call);
      return finish(call, answer);
    };
  }

  /**
   * A request that must name an Idempotency-Key, and is done once per key.
   * @param again what a repeat is told instead of the answer of then.
   */
  mutation(
    operation: Operation,
    work: Work<Mutation>,
    again: (call: Call, answer: Answer) => Answer = (_, answer) => answer,
  ): Handler {
    return async (c) => {
      const call = await this.#begin(c, operation);
      const key = c.req.header('idempotency-key');
      if (!key) {
        throw invalid({
          location: 'header.Idempotency-Key',
          message: 'required header parameter is missing',
        });
      }
      const text = await this.#parts.bodies.text(c.req.raw);
      const body = parseBody(c.req.header('content-type'), text);
      const machine = call.machineId === '' ? undefined : bareId(call.machineId);
      const fingerprint = `${c.req.method} ${c.req.path}\n${text}`;
      const request = { key, operation, fingerprint, machine, newResourceId: idMaker(operation) };
      const once = async (resourceId: string) => {
        const done = await work({ ...call, body, resourceId });
        // The key counts as in flight until the answer leaves.
        await this.#linger(call);
        return done;
      };
      const answer = await this.#parts.keys.once(request, once, (known) => again(call, known));
      return finish(call, answer);
    };
  }

  async #begin(c: AppContext, operation: Operation): Promise<Call> {
    this.#parts.stats.request(operation);
    const actions = this.#parts.faults.take(operation);
    strikeBefore(actions);
    const machineId = c.req.param('machine_id') ?? '';
    if (find(actions, 'autosleep_now')) {
      await this.#parts.machines.autosleepNow(this.#parts.machines.get(machineId));
    }
    return { c, machineId, executionId: c.req.param('execution_id') ?? '', actions };
  }

  async #linger(call: Call): Promise<void> {
    const slow = find(call.actions, 'slow');
    if (slow) await this.#parts.options.clock.sleep(slow.ms);
  }
}

/** The JSON in a request's body; nothing counts as `{}`. @throws ApiProblem 400 or 415 */
export function parseBody(contentType: string | undefined, text: string): unknown {
  if (text === '') return {};
  if (contentType !== undefined && !/^application\/(?:[a-z.+-]+\+)?json\b/i.test(contentType)) {
    throw problem(415, `unknown content type: ${contentType}`);
  }
  const body = parseJson(text);
  if (body === undefined) throw problem(400, 'the body is not valid JSON, or nested too deep');
  return body;
}

/** What the client sees of a failure. */
export function respondToError(error: unknown, c: AppContext, log: Log): Response {
  if (error instanceof ApiProblem) {
    const { status, contentType, body } = error;
    return Response.json(body, { status, headers: { 'content-type': contentType } });
  }
  if (error instanceof ConnectionLost) {
    const connection = c.env?.connection;
    // In process there is no connection to cut; the caller's fetch fails instead.
    if (!connection) throw error;
    connection.destroy();
    return RESPONSE_ALREADY_SENT;
  }
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return respondToError(problem(507, 'the disk of this computer is full: nothing was begun'), c, log);
  }
  log.warn('A request failed inside the local API', { error: String(error) });
  return respondToError(problem(500, 'internal error'), c, log);
}

function finish(call: Call, answer: Answer): Response {
  const { status, headers } = answer;
  return strikeAfter(call.actions, Response.json(answer.body, { status, headers }));
}

/** Ids look as the service's do. */
function idMaker(operation: Operation): () => string {
  return operation === 'create' || operation === 'port_create'
    ? () => randomUUID()
    : () => `wexec-${randomBytes(20).toString('hex')}`;
}
