/** One machine from `accepted` to gone: phases, delays, boots, autosleep. All its waits are on the clock that it is given. */
import { type FaultAction, find } from '../api/faults.ts';
import { GONE, INTERRUPTED, MachineFailure, NOT_ROUTABLE, REFUSALS, type Refusal } from '../api/refusals.ts';
import type { ExecutionRequest } from '../api/schemas.ts';
import type { Stats } from '../api/stats.ts';
import type { LocalOptions } from '../options.ts';
import type { RunningMachine, Runtime } from '../runtimes/runtime.ts';
import { background } from './background.ts';
import { type Admission, Executions } from './executions.ts';
import { IdleTimer } from './idle-timer.ts';
import { MachinePorts } from './machine-ports.ts';
import type { ExecutionRecord, MachineRecord, MachineSize, Phase } from './model.ts';
import type { Store } from './store.ts';

/** What all machines of one server share. */
export interface World {
  options: LocalOptions;
  store: Store;
  runtime: Runtime;
  stats: Stats;
}

// How soon to ask again after a command that wakes the machine: about what a wake takes here.
const WAKE_RETRY_MS = 250;

export class MachineLife {
  readonly executions: Executions;
  readonly ports: MachinePorts;
  readonly #world: World;
  readonly #onGone: () => void;
  #record: MachineRecord;
  #running: RunningMachine | undefined;
  #transition: { stop: AbortController; done: Promise<void> } = {
    stop: new AbortController(),
    done: Promise.resolve(),
  };
  readonly #idle: IdleTimer;
  // On the clock that never jumps.
  #guestReadyAt = Number.NEGATIVE_INFINITY;
  #holdUntil = Number.NEGATIVE_INFINITY;
  #vanishes = false;

  /** @param onGone called when the last file of the machine is removed */
  constructor(world: World, record: MachineRecord, onGone: () => void) {
    this.#world = world;
    this.#onGone = onGone;
    this.#record = record;
    this.executions = new Executions(record.id, world.options, world.store, world.stats, {
      ready: () => this.#whenReady(),
      succeeded: () => this.#idle.touch(),
    });
    this.ports = new MachinePorts(record.id, world.options, {
      ready: () => this.#whenReady(),
      used: () => this.#idle.touch(),
    });
    this.#idle = new IdleTimer({
      clock: world.options.clock,
      log: world.options.log,
      quiet: () => this.executions.idle(),
      onIdle: () => {
        if (this.#record.phase === 'running') this.sleep('AutosleepIdle');
      },
    });
    world.store.saveMachine(record);
  }

  get record(): MachineRecord {
    return this.#record;
  }

  /** Its persistent home as a folder of this computer. */
  get homeDir(): string {
    return this.#world.store.homeDir(this.#record.id);
  }

  /** Milliseconds for which going to sleep is still refused after a wake. */
  holdLeftMs(): number {
    return Math.max(0, this.#holdUntil - this.#elapsed());
  }

  /** Goes on from `accepted` (or wherever an earlier server left the creation) to `running`. */
  create(actions: readonly FaultAction[]): void {
    this.#vanishes = find(actions, 'machine_vanishes') !== undefined;
    this.#begin(async (signal) => {
      await this.#pause(this.#delays.accepted, signal);
      this.#move('placement_pending', 'PlacementPending');
      await this.#pause(this.#delays.placement, signal);
      if (find(actions, 'stuck_placement')) await never(signal);
      await this.#bringUp(actions, signal);
    });
  }

  sleep(reason: string): void {
    this.#idle.disarm();
    this.#move('stopping', reason, { desiredState: 'sleeping' });
    this.#begin(async (signal) => {
      await this.#pause(this.#delays.stopping, signal);
      await this.#powerOff(INTERRUPTED);
      this.#move('sleeping', 'DesiredStateReached');
    });
  }

  wake(actions: readonly FaultAction[]): void {
    this.#move('starting', 'WakeRequested', { desiredState: 'running' });
    this.#begin(async (signal) => {
      await this.#bringUp(actions, signal);
      this.#holdUntil = this.#elapsed() + this.#world.options.sleepHoldMs;
    });
  }

  reboot(): void {
    this.#idle.disarm();
    this.#move('starting', 'RebootRequested');
    this.#begin(async (signal) => {
      await this.#powerOff(INTERRUPTED);
      await this.#bringUp([], signal);
    });
  }

  /** Ends everything and removes every file. */
  destroy(): void {
    this.#idle.disarm();
    this.#move('destroying', 'DeleteRequested', { desiredState: 'destroyed' });
    this.#begin(async () => {
      await this.#powerOff(GONE);
      await this.#pause(this.#delays.destroying, undefined);
      await this.#world.store.removeMachine(this.#record.id);
      this.#record = { ...this.#record, phase: 'destroyed' };
      this.#onGone();
    });
  }

  resize(size: Partial<MachineSize>): void {
    this.#record = { ...this.#record, ...size, revision: this.#record.revision + 1 };
    this.#keep();
    if (this.#record.phase === 'running') this.#idle.arm(this.#record.autosleepSeconds);
  }

  /** Runs, queues (and wakes), or refuses a command, as the machine's phase says. */
  execute(executionId: string, request: ExecutionRequest, actions: readonly FaultAction[]): ExecutionRecord {
    const refused = find(actions, 'refuse_execution');
    if (refused) return this.executions.refuse(executionId, request, REFUSALS[refused.error_code]);
    if (this.#vanishes && this.#record.phase === 'running') {
      const record = this.executions.refuse(executionId, request, GONE);
      this.destroy();
      return record;
    }
    const admission = this.#admit(actions);
    if (!admission) return this.executions.refuse(executionId, request, NOT_ROUTABLE);
    return this.executions.start(executionId, request, {
      ...admission,
      ...(find(actions, 'expire_execution') && { expire: true }),
    });
  }

  /** Resolves when no transition is under way. */
  async settled(): Promise<void> {
    for (let done: Promise<void> | undefined; done !== this.#transition.done; ) {
      done = this.#transition.done;
      await done;
    }
  }

  /** After the server was killed: as after a power cut, nothing runs any more. */
  async recover(): Promise<void> {
    await this.#world.runtime.cleanUp(this.#world.store.boot(this.#record.id));
    await this.#world.store.emptyScratch(this.#record.id);
    this.executions.interrupt(INTERRUPTED);
    if (this.#record.phase === 'destroying') this.destroy();
    else if (this.#record.phase === 'failed') return;
    else if (!this.#record.everRan) this.create([]);
    else if (this.#record.phase !== 'sleeping') {
      this.#move('sleeping', 'HostRestarted', { desiredState: 'sleeping' });
    }
  }

  /** Before the server ends: processes go, the home stays. A creation is carried on by the next server. */
  async shutDown(): Promise<void> {
    this.#idle.disarm();
    if (this.#record.phase === 'destroying') return await this.settled();
    this.#transition.stop.abort();
    await this.settled();
    await this.#powerOff(INTERRUPTED);
    const awake: readonly Phase[] = ['starting', 'running', 'stopping'];
    if (this.#record.everRan && awake.includes(this.#record.phase)) {
      this.#move('sleeping', 'HostStopped', { desiredState: 'sleeping' });
    }
  }

  #admit(actions: readonly FaultAction[]): Admission | undefined {
    const waking: Admission = { status: 'wake_in_progress', retryAfterMs: WAKE_RETRY_MS };
    if (this.#record.phase === 'sleeping') {
      this.wake(actions);
      return waking;
    }
    if (this.#record.phase === 'starting' && this.#record.everRan) return waking;
    if (this.#record.phase !== 'running' || this.#elapsed() < this.#guestReadyAt) return undefined;
    return { status: 'queued' };
  }

  async #bringUp(actions: readonly FaultAction[], signal: AbortSignal): Promise<void> {
    const failure = find(actions, 'machine_failed');
    if (failure) throw new MachineFailure(failure.reason, failure.retryable);
    if (this.#record.phase !== 'starting') this.#move('starting', 'Starting');
    await this.#pause(this.#delays.starting, signal);
    const running = await this.#world.runtime.boot(this.#world.store.boot(this.#record.id));
    this.#running = running;
    signal.throwIfAborted();
    void running.died.then(() => this.#onDeath(running));
    this.#guestReadyAt = this.#elapsed() + this.#delays.guest;
    this.#move('running', 'DesiredStateReached', { everRan: true, lastError: undefined });
    this.#idle.touch();
    this.#idle.arm(this.#record.autosleepSeconds);
  }

  async #whenReady(): Promise<RunningMachine | undefined> {
    await this.settled();
    await this.#pause(this.#guestReadyAt - this.#elapsed(), undefined);
    return this.#record.phase === 'running' ? this.#running : undefined;
  }

  async #powerOff(why: Refusal): Promise<void> {
    this.executions.interrupt(why);
    this.ports.closeAll();
    const running = this.#running;
    this.#running = undefined;
    // What cannot be ended is named, and does not keep the machine or the server from ending.
    await background(this.#world.options.log, 'Ending the processes of a machine', running?.stop());
    await this.#world.store.emptyScratch(this.#record.id);
  }

  /** Its first process was killed, by the computer's memory guard for example: as after a power cut. */
  #onDeath(running: RunningMachine): void {
    if (this.#running !== running || this.#record.phase !== 'running') return;
    this.#world.options.log.warn('A machine died by itself; it sleeps now', { machine: this.#record.id });
    this.sleep('RuntimeExited');
  }

  /** Starts a transition once the one before it is over; that one is told to stop. */
  #begin(work: (signal: AbortSignal) => Promise<void>): void {
    const before = this.#transition;
    before.stop.abort();
    const stop = new AbortController();
    const run = async () => {
      await before.done;
      try {
        if (!stop.signal.aborted) await work(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) await this.#fail(error);
      }
    };
    this.#transition = { stop, done: background(this.#world.options.log, 'Changing a machine', run()) };
  }

  async #fail(error: unknown): Promise<void> {
    const lastError = error instanceof Error ? error.message : String(error);
    const fallback = this.#record.everRan ? 'RuntimeWakeFailed' : 'StorageProvisioningFailed';
    const { reason, retryable } =
      error instanceof MachineFailure ? error : { reason: fallback, retryable: false };
    this.#world.options.log.warn('A machine failed', { machine: this.#record.id, reason });
    this.#move('failed', reason, { lastError, retryable });
    await this.#powerOff(NOT_ROUTABLE);
  }

  #move(phase: Phase, reason: string, changes: Partial<MachineRecord> = {}): void {
    const at = new Date(this.#world.options.clock.now()).toISOString();
    const revision = this.#record.revision + 1;
    const stamp = { lastTransitionAt: at, lastProgressAt: at };
    this.#record = { ...this.#record, ...changes, ...stamp, phase, reason, revision };
    this.#keep();
  }

  /** A full disk does not stop the machine's life: memory goes on, and the next change is kept again. */
  #keep(): void {
    try {
      this.#world.store.saveMachine(this.#record);
    } catch (error) {
      this.#world.options.log.warn('A machine could not be kept', { error: String(error) });
    }
  }

  get #delays() {
    return this.#world.options.delays;
  }

  #elapsed(): number {
    return this.#world.options.clock.elapsed();
  }

  async #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (ms > 0) await this.#world.options.clock.sleep(ms, signal);
  }
}

/** Waits until `signal` aborts, and throws its reason. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
  );
}
