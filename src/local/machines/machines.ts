/** All machines of one server: what may be created, found, changed and put to sleep. */
import type { FaultAction } from '../api/faults.ts';
import { coded, machineNotFound, problem } from '../api/problems.ts';
import type { MachinePatch } from '../api/schemas.ts';
import { MachineLife, type World } from './machine-life.ts';
import {
  bareId,
  type DesiredState,
  type MachineRecord,
  type MachineSize,
  type Phase,
  type PortRecord,
  type PortRequest,
} from './model.ts';

export class Machines {
  readonly #world: World;
  readonly #lives = new Map<string, MachineLife>();
  readonly #onGone: (id: string) => void;

  /** @param onGone called when the last file of a machine is removed */
  constructor(world: World, onGone: (id: string) => void) {
    this.#world = world;
    this.#onGone = onGone;
  }

  /** Takes up what an earlier server left. */
  async recover(): Promise<void> {
    for (const record of await this.#world.store.machines()) {
      await this.#take(record).recover();
    }
  }

  /** Oldest first; a machine on its way out is still shown. */
  list(): MachineLife[] {
    return [...this.#lives.values()];
  }

  /** @throws ApiProblem 404 */
  get(machineId: string): MachineLife {
    const life = this.#lives.get(bareId(machineId));
    if (!life) throw machineNotFound();
    return life;
  }

  /**
   * Creates the machine with this id, or finds it when an answer got lost.
   * @throws ApiProblem 409 when the account is full, 400 when no host is that large.
   */
  create(id: string, size: MachineSize, actions: readonly FaultAction[]): MachineLife {
    const known = this.#lives.get(id);
    if (known) return known;
    this.#checkSize(size);
    const counted = this.list().filter((life) => life.record.desiredState !== 'destroyed').length;
    if (counted >= this.#world.options.quota) throw coded(409, 'QUOTA_EXCEEDED', 'machine quota exceeded');
    const life = this.#take(this.#newRecord(id, size));
    this.#world.stats.machineCreated(counted + 1);
    life.create(actions);
    return life;
  }

  /** @throws ApiProblem 400 or 409 when the change is not possible (now). */
  resize(life: MachineLife, patch: MachinePatch): void {
    const { record } = life;
    const wanted: MachineSize = {
      vcpu: patch.vcpu ?? record.vcpu,
      memoryMib: patch.memoryMib ?? record.memoryMib,
      storageGib: patch.storageGib ?? record.storageGib,
      autosleepSeconds: patch.autosleepSeconds ?? record.autosleepSeconds,
    };
    this.#checkSize(wanted);
    if (wanted.storageGib < record.storageGib) throw problem(400, 'storage_gib can only grow');
    const sized =
      wanted.vcpu !== record.vcpu ||
      wanted.memoryMib !== record.memoryMib ||
      wanted.storageGib !== record.storageGib;
    if (sized) {
      // Sources disagree: older documents resize a live machine, the newest wants it asleep.
      const allowed: readonly Phase[] =
        this.#world.options.generation === 3 ? ['sleeping'] : ['running', 'sleeping'];
      expectPhase(record, allowed, record.desiredState);
    }
    if (record.desiredState === 'destroyed') expectPhase(record, [], 'running');
    life.resize(wanted);
  }

  /** @throws ApiProblem 409 in a phase that cannot sleep, or right after a wake. */
  sleep(life: MachineLife): void {
    if (this.#alreadyThere(life, ['sleeping', 'stopping'])) return;
    expectPhase(life.record, ['running'], 'sleeping');
    const left = life.holdLeftMs();
    if (left > 0) {
      throw coded(
        409,
        'SLEEP_HOLD_WINDOW_ACTIVE',
        'machine cannot sleep within the hold window after a wake',
        {
          retryable: true,
          retryAfterMs: left,
          details: { hold_window_ms: String(this.#world.options.sleepHoldMs) },
        },
      );
    }
    life.sleep('SleepRequested');
  }

  /** @throws ApiProblem 409 in a phase that cannot wake. */
  wake(life: MachineLife, actions: readonly FaultAction[]): void {
    if (this.#alreadyThere(life, ['running', 'starting'])) return;
    expectPhase(life.record, ['sleeping'], 'running');
    life.wake(actions);
  }

  /** @throws ApiProblem 409 unless it runs. */
  reboot(life: MachineLife): void {
    expectPhase(life.record, ['running'], 'running');
    life.reboot();
  }

  /**
   * Opens a port of a machine to this computer, waking it first.
   * @throws ApiProblem 409 in a phase that does not lead to `running`.
   */
  openPort(
    life: MachineLife,
    portId: string,
    request: PortRequest,
    actions: readonly FaultAction[],
  ): Promise<PortRecord> {
    expectPhase(life.record, ['running', 'starting', 'sleeping'], 'running');
    const waking = life.record.phase !== 'running';
    if (life.record.phase === 'sleeping') life.wake(actions);
    return life.ports.open(portId, request, waking);
  }

  /** Starts the end of the machine; one that is already ending is left to it. */
  destroy(life: MachineLife): void {
    if (life.record.desiredState === 'destroyed') return;
    life.destroy();
  }

  /** A scripted autosleep: resolves when the machine sleeps; nothing happens unless it runs. */
  async autosleepNow(life: MachineLife): Promise<void> {
    if (life.record.phase === 'running') life.sleep('AutosleepIdle');
    await life.settled();
  }

  /** Ends every process of every machine; homes and records stay. */
  async shutDown(): Promise<void> {
    await Promise.all(this.list().map((life) => life.shutDown()));
  }

  #take(record: MachineRecord): MachineLife {
    const life = new MachineLife(this.#world, record, () => {
      this.#lives.delete(record.id);
      this.#onGone(record.id);
    });
    this.#lives.set(record.id, life);
    return life;
  }

  /** Older generations answer a repeated sleep or wake with the machine; the newest refuses it. */
  #alreadyThere(life: MachineLife, phases: readonly Phase[]): boolean {
    return this.#world.options.generation !== 3 && phases.includes(life.record.phase);
  }

  #checkSize(size: MachineSize): void {
    if (size.memoryMib > this.#world.options.memoryCeilingMib) {
      throw problem(400, 'memory_mib exceeds capacity');
    }
  }

  #newRecord(id: string, size: MachineSize): MachineRecord {
    const at = new Date(this.#world.options.clock.now()).toISOString();
    return {
      id,
      ...size,
      createdAt: at,
      desiredState: 'running',
      phase: 'accepted',
      reason: 'Accepted',
      retryable: false,
      lastError: undefined,
      revision: 1,
      lastTransitionAt: at,
      lastProgressAt: at,
      everRan: false,
    };
  }
}

function expectPhase(record: MachineRecord, allowed: readonly Phase[], target: DesiredState): void {
  if (allowed.includes(record.phase)) return;
  throw coded(409, 'INVALID_STATE', `machine is ${record.phase}`, {
    details: {
      current_desired_state: record.desiredState,
      current_observed_state: record.phase,
      expected_observed_state: allowed.join('|'),
      target_desired_state: target,
    },
  });
}
