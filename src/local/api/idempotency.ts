/** One effect per Idempotency-Key, also when the server was killed between the effect and its answer. */
import { createHash } from 'node:crypto';
import type { Store } from '../machines/store.ts';
import type { Document } from './documents.ts';
import type { Operation } from './faults.ts';
import { coded } from './problems.ts';

/** An answer that can be given again. */
export interface Answer {
  status: number;
  body: Document;
  headers: Readonly<Record<string, string>>;
}

interface KeyRecord {
  requestHash: string;
  operation: Operation;
  /** Id of whatever the request creates, chosen before the work: a repeat finds it, and makes no second one. */
  resourceId: string;
  machine: string | undefined;
  answer: Answer | undefined;
  at: number;
}

export interface KeyedRequest {
  key: string;
  operation: Operation;
  /** Method, path and body: what must be equal for the same key. */
  fingerprint: string;
  /** Bare id of the machine in the path. */
  machine: string | undefined;
  newResourceId: () => string;
}

const FOLDER = 'keys';
const CREATING: ReadonlySet<Operation> = new Set(['create', 'execution_create', 'port_create']);
// The service's own figure for a key whose first request is still at work.
const IN_FLIGHT_RETRY_MS = 250;

export class Idempotency {
  readonly #store: Store;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #records = new Map<string, KeyRecord>();
  readonly #inFlight = new Set<string>();

  constructor(store: Store, limit: number, now: () => number) {
    this.#store = store;
    this.#limit = limit;
    this.#now = now;
    const loaded = store.names(FOLDER).flatMap((name) => {
      const record = store.read<KeyRecord>(`${FOLDER}/${name}`);
      return record ? [[name.replace(/\.json$/, ''), record] as const] : [];
    });
    for (const [name, record] of loaded.sort(([, a], [, b]) => a.at - b.at)) this.#records.set(name, record);
  }

  /**
   * Runs `work` once per key; a repeat gets the same answer. A refusal is not kept: the key stays usable.
   * @param again what a repeat is told where the answer may have stopped being true.
   * @throws ApiProblem 409 when the key was used for something else, 429 while its first request is at work.
   */
  async once(
    request: KeyedRequest,
    work: (resourceId: string) => Promise<Answer>,
    again = (answer: Answer): Answer => answer,
  ): Promise<Answer> {
    // Keys are hashed: they name files, and may hold anything.
    const name = sha256(request.key);
    const requestHash = sha256(request.fingerprint);
    const known = this.#records.get(name);
    if (known && known.requestHash !== requestHash) {
      throw coded(409, 'IDEMPOTENCY_KEY_REUSED', 'idempotency key was used with a different request', {
        details: { expected_request_hash: known.requestHash, provided_request_hash: requestHash },
      });
    }
    if (this.#inFlight.has(name)) {
      throw coded(429, 'RATE_LIMITED', 'idempotency key is already in-flight', {
        retryable: true,
        retryAfterMs: IN_FLIGHT_RETRY_MS,
      });
    }
    if (known?.answer) return again(known.answer);
    const record: KeyRecord = known ?? {
      requestHash,
      operation: request.operation,
      resourceId: request.newResourceId(),
      machine: request.machine,
      answer: undefined,
      at: this.#now(),
    };
    this.#inFlight.add(name);
    try {
      this.#begin(name, record);
      const answer = await work(record.resourceId);
      this.#conclude(name, { ...record, answer });
      return answer;
    } catch (error) {
      this.#drop(name);
      throw error;
    } finally {
      this.#inFlight.delete(name);
    }
  }

  /** What creates something is not begun before its key is kept; the rest has the same effect when it is done twice. */
  #begin(name: string, record: KeyRecord): void {
    try {
      this.#keep(name, record);
    } catch (error) {
      if (CREATING.has(record.operation)) throw error;
    }
  }

  /** The work is done: with a full disk the answer is remembered all the same, and what it made is on disk. */
  #conclude(name: string, record: KeyRecord): void {
    try {
      this.#keep(name, record);
    } catch {
      this.#records.set(name, record);
    }
  }

  /** Forgets what was asked of a machine that is gone, but not that it was created and destroyed. */
  forgetMachine(machine: string): void {
    for (const [name, record] of this.#records) {
      const finished = record.machine === machine && !this.#inFlight.has(name);
      if (finished && record.operation !== 'delete') this.#drop(name);
    }
  }

  #keep(name: string, record: KeyRecord): void {
    this.#records.set(name, record);
    this.#store.write(`${FOLDER}/${name}.json`, record);
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= this.#limit) return;
      if (!this.#inFlight.has(oldest)) this.#drop(oldest);
    }
  }

  #drop(name: string): void {
    this.#records.delete(name);
    this.#store.remove(`${FOLDER}/${name}.json`);
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
