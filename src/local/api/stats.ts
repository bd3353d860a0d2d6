/** Counts what was asked of the API, so that tests and the benchmark can prove that nothing was paid twice. */

import type { Store } from '../machines/store.ts';
import type { Operation } from './faults.ts';

const FILE = 'stats.json';

interface Lasting {
  machinesCreated: number;
  mostMachines: number;
}

export class Stats {
  readonly #store: Store;
  readonly #requests = new Map<Operation, number>();
  #lasting: Lasting;
  #executionsStarted = 0;

  constructor(store: Store) {
    this.#store = store;
    this.#lasting = store.read<Lasting>(FILE) ?? { machinesCreated: 0, mostMachines: 0 };
  }

  request(operation: Operation): void {
    this.#requests.set(operation, (this.#requests.get(operation) ?? 0) + 1);
  }

  /** @param now machines that exist with the new one */
  machineCreated(now: number): void {
    this.#lasting = {
      machinesCreated: this.#lasting.machinesCreated + 1,
      mostMachines: Math.max(this.#lasting.mostMachines, now),
    };
    try {
      this.#store.write(FILE, this.#lasting);
    } catch {
      // A count is no reason to refuse a machine; a full disk shows where it matters.
    }
  }

  executionStarted(): void {
    this.#executionsStarted += 1;
  }

  /** Requests and executions since this server started; machines since the state folder exists. */
  document(): Record<string, unknown> {
    return {
      requests: Object.fromEntries(this.#requests),
      executions_started: this.#executionsStarted,
      machines_created: this.#lasting.machinesCreated,
      max_concurrent_machines: this.#lasting.mostMachines,
    };
  }
}
