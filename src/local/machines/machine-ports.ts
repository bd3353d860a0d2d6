/** Ports of one machine that are open to this computer: each a listener on its loopback that leads inside. */
import { createServer, type Server, type Socket } from 'node:net';
import { listenOnLoopback } from '../../core/listen.ts';
import type { LocalOptions } from '../options.ts';
import { joinSockets } from '../runtimes/join-sockets.ts';
import type { RunningMachine } from '../runtimes/runtime.ts';
import { background } from './background.ts';
import type { PortRecord, PortRequest } from './model.ts';

/** What a port needs to know of its machine. */
export interface PortGuest {
  /** The machine once it takes connections; undefined when it ends up anywhere else than `running`. */
  ready(): Promise<RunningMachine | undefined>;
  /** Called at every connection: it counts as activity. */
  used(): void;
}

interface Entry {
  record: PortRecord;
  server: Server | undefined;
  sockets: Set<Socket>;
}

// More have been opened by a program that has gone wrong; the oldest closed ones are forgotten.
const KEPT = 50;
// A browser opens six; this keeps a runaway client from using up the computer's file descriptors.
const MAX_CONNECTIONS = 200;

export class MachinePorts {
  readonly #machine: string;
  readonly #options: LocalOptions;
  readonly #guest: PortGuest;
  /** Oldest first. */
  readonly #entries = new Map<string, Entry>();
  /** Counts the machine's stops: one may come while a listener is being opened. */
  #stops = 0;

  constructor(machine: string, options: LocalOptions, guest: PortGuest) {
    this.#machine = machine;
    this.#options = options;
    this.#guest = guest;
  }

  get(portId: string): PortRecord | undefined {
    return this.#entries.get(portId)?.record;
  }

  /** Newest first. */
  list(): PortRecord[] {
    return [...this.#entries.values()].map(({ record }) => record).reverse();
  }

  /** Opens a port, or finds the one that is open; resolves at once with `wake_in_progress` while `waking`. */
  async open(portId: string, request: PortRequest, waking: boolean): Promise<PortRecord> {
    const known = this.#entries.get(portId) ?? this.#openOne(request);
    if (known) return known.record;
    const entry: Entry = { record: this.#newRecord(portId, request), server: undefined, sockets: new Set() };
    this.#entries.set(portId, entry);
    this.#forgetOldest();
    const opened = background(this.#options.log, 'Opening a port', this.#bringUp(entry));
    if (!waking) await opened;
    return entry.record;
  }

  /** Ends the port and every connection through it. */
  close(portId: string): PortRecord | undefined {
    const entry = this.#entries.get(portId);
    if (entry) shut(entry);
    return entry?.record;
  }

  /** The machine stops. Those that wait for it hear from it. */
  closeAll(): void {
    this.#stops += 1;
    for (const entry of this.#entries.values()) if (entry.record.status === 'ready') shut(entry);
  }

  async #bringUp(entry: Entry): Promise<void> {
    const machine = await this.#guest.ready();
    const stops = this.#stops;
    if (entry.record.status === 'closed') return;
    if (!machine) {
      entry.record = { ...entry.record, status: 'failed', errorMessage: 'the machine did not come up' };
      return;
    }
    const server = createServer((outside) => this.#join(outside, entry, machine));
    server.maxConnections = MAX_CONNECTIONS;
    entry.server = server;
    const outer = await listenOnLoopback(server);
    entry.record = {
      ...entry.record,
      status: 'ready',
      url: `${entry.record.protocol}://127.0.0.1:${outer}`,
      readyAt: this.#timestamp(),
    };
    if (stops !== this.#stops) shut(entry);
  }

  #join(outside: Socket, { record, sockets }: Entry, machine: RunningMachine): void {
    this.#guest.used();
    sockets.add(outside);
    outside.once('close', () => sockets.delete(outside));
    outside.on('error', () => outside.destroy());
    machine.connect(record.port).then(
      (inside) => joinSockets(outside, inside),
      // Nothing listens there, as a browser sees it: the connection ends.
      () => outside.destroy(),
    );
  }

  #openOne({ port, protocol }: PortRequest): Entry | undefined {
    return [...this.#entries.values()].find(
      ({ record }) =>
        record.port === port &&
        record.protocol === protocol &&
        ['ready', 'wake_in_progress'].includes(record.status),
    );
  }

  #newRecord(portId: string, request: PortRequest): PortRecord {
    return {
      portId,
      machine: this.#machine,
      ...request,
      status: 'wake_in_progress',
      createdAt: this.#timestamp(),
      readyAt: undefined,
      url: undefined,
      errorMessage: undefined,
    };
  }

  #forgetOldest(): void {
    for (const [portId, { record }] of this.#entries) {
      if (this.#entries.size <= KEPT) return;
      if (record.status === 'closed' || record.status === 'failed') this.#entries.delete(portId);
    }
  }

  #timestamp(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function shut(entry: Entry): void {
  entry.record = { ...entry.record, status: 'closed', url: undefined };
  entry.server?.close();
  for (const socket of entry.sockets) socket.destroy();
}
