/** Puts the parts of the local API together on a state folder. */
import { randomBytes } from 'node:crypto';
import { unlessAborted } from '../core/abort.ts';
import { createApp } from './api/app.ts';
import { Bodies } from './api/bounded-body.ts';
import type { Bindings } from './api/exchange.ts';
import { Faults } from './api/faults.ts';
import { Idempotency } from './api/idempotency.ts';
import { Stats } from './api/stats.ts';
import { lockStateDir } from './daemon/lock.ts';
import { Machines } from './machines/machines.ts';
import { Store } from './machines/store.ts';
import { type LocalSettings, withDefaults } from './options.ts';
import type { Runtime } from './runtimes/runtime.ts';

export interface OpenOptions {
  /** Folder of its own, created when missing; one server at a time. */
  stateDir: string;
  runtime: Runtime;
  settings?: LocalSettings;
}

export interface LocalApi {
  /** Random, made once per state folder. */
  readonly apiKey: string;
  readonly faults: Faults;
  readonly stats: Stats;
  /** For servers: one request with the connection it came on. */
  handle(request: Request, bindings: Bindings): Promise<Response>;
  /** For callers in the same process: takes the place of the global `fetch`. */
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the last request, while no machine exists; 0 while one does. */
  idleMs(): number;
  /** Ends every process of every machine and gives the folder back. */
  close(): Promise<void>;
}

const KEY_FILE = 'api-key.json';

/** @throws AppError `conflict` when another server is using the folder. */
export async function openLocalApi({ stateDir, runtime, settings = {} }: OpenOptions): Promise<LocalApi> {
  const options = withDefaults(settings);
  const { clock } = options;
  const unlock = await lockStateDir(clock, stateDir);
  const store = new Store(stateDir);
  const apiKey = computerKey(store);
  const faults = new Faults();
  const stats = new Stats(store);
  const keys = new Idempotency(store, options.keptIdempotencyKeys, clock.now);
  const machines = new Machines({ options, store, runtime, stats }, (id) => keys.forgetMachine(id));
  await machines.recover();
  const bodies = new Bodies();
  const app = createApp({
    options,
    apiKey,
    runtimeName: runtime.name,
    machines,
    faults,
    stats,
    keys,
    bodies,
  });
  let lastRequestAt = clock.elapsed();
  let closed: Promise<void> | undefined;
  const handle = async (request: Request, bindings: Bindings): Promise<Response> => {
    lastRequestAt = clock.elapsed();
    return await app.fetch(request, bindings);
  };
  return {
    apiKey,
    faults,
    stats,
    handle,
    fetch: (input, init) => unlessAborted(handle(new Request(input, init), {}), init?.signal ?? undefined),
    idleMs: () => (machines.list().length > 0 ? 0 : clock.elapsed() - lastRequestAt),
    close: () => {
      closed ??= machines.shutDown().then(unlock);
      return closed;
    },
  };
}

function computerKey(store: Store): string {
  const kept = store.read<{ api_key: string }>(KEY_FILE);
  if (kept) return kept.api_key;
  const made = { api_key: `dsk-local-${randomBytes(24).toString('hex')}` };
  store.write(KEY_FILE, made);
  return made.api_key;
}
