/** The executions of one machine: run, capture, expire, cancel, keep. */
import { constants } from 'node:os';
import { initRejected, NOT_ROUTABLE, type Refusal, TIMED_OUT } from '../api/refusals.ts';
import type { ExecutionRequest } from '../api/schemas.ts';
import type { Stats } from '../api/stats.ts';
import type { LocalOptions } from '../options.ts';
import type { CommandEnd, RunningCommand, RunningMachine } from '../runtimes/runtime.ts';
import { background } from './background.ts';
import { type Capture, capture } from './capture.ts';
import { type ExecutionRecord, type ExecutionStatus, isTerminal } from './model.ts';
import type { KeptOutput, Store } from './store.ts';

/** What an execution needs to know of its machine. */
export interface Guest {
  /** The machine once its guest takes commands; undefined when it ends up anywhere else than `running`. */
  ready(): Promise<RunningMachine | undefined>;
  /** Called when a command succeeded: the only thing that counts as activity. */
  succeeded(): void;
}

/** How an execution starts its life. */
export interface Admission {
  status: 'wake_in_progress' | 'queued';
  retryAfterMs?: number;
  /** A scripted fault: the command runs, and is reported as expired. */
  expire?: boolean;
}

interface Active {
  halted: boolean;
  kill: () => void;
}

type Changes = Partial<Omit<ExecutionRecord, 'executionId' | 'machine' | 'history'>>;

export class Executions {
  readonly #machine: string;
  readonly #options: LocalOptions;
  readonly #store: Store;
  readonly #stats: Stats;
  readonly #guest: Guest;
  /** Oldest first. */
  readonly #records = new Map<string, ExecutionRecord>();
  /** Outputs for which the disk had no room. */
  readonly #unsaved = new Map<string, KeptOutput>();
  /** Everything that waits or runs. */
  readonly #active = new Map<string, Active>();
  #idle: (() => void)[] = [];

  constructor(machine: string, options: LocalOptions, store: Store, stats: Stats, guest: Guest) {
    this.#machine = machine;
    this.#options = options;
    this.#store = store;
    this.#stats = stats;
    this.#guest = guest;
    for (const record of store.executions(machine)) this.#records.set(record.executionId, record);
  }

  get(executionId: string): ExecutionRecord | undefined {
    return this.#records.get(executionId);
  }

  /** Newest first. */
  list(): ExecutionRecord[] {
    return [...this.#records.values()].reverse();
  }

  /** What an ended command wrote; undefined before its end, and when it never ran to its end. */
  output(record: ExecutionRecord): KeptOutput | undefined {
    return record.output && (this.#unsaved.get(record.executionId) ?? this.#store.output(record));
  }

  /** Records a command and runs it as soon as the guest takes it. */
  start(executionId: string, request: ExecutionRequest, admission: Admission): ExecutionRecord {
    const record = this.#add(executionId, request, admission.status);
    if (admission.retryAfterMs !== undefined) {
      this.#change(executionId, { retryAfterMs: admission.retryAfterMs });
    }
    const active: Active = { halted: false, kill: () => {} };
    this.#active.set(executionId, active);
    const performed = this.#perform(executionId, request, admission, active);
    void background(this.#options.log, 'Running a command', performed).then(() => this.#settle(executionId));
    return this.get(executionId) ?? record;
  }

  /** Records a command that the platform did not take. */
  refuse(executionId: string, request: ExecutionRequest, refusal: Refusal): ExecutionRecord {
    const record = this.#add(executionId, request, 'queued');
    this.#end(executionId, 'failed', refusal);
    return this.get(executionId) ?? record;
  }

  /** Ends a command that has not ended; one that has stays as it is. */
  cancel(executionId: string): ExecutionRecord | undefined {
    this.#end(executionId, 'cancelled', {});
    this.#halt(executionId);
    return this.get(executionId);
  }

  /** Everything that has not ended fails: its machine stops. */
  interrupt(refusal: Refusal): void {
    for (const record of this.list()) {
      this.#end(record.executionId, 'failed', refusal);
      this.#halt(record.executionId);
    }
  }

  busy(): boolean {
    return this.#active.size > 0;
  }

  /** Resolves when nothing runs or waits. */
  async idle(): Promise<void> {
    if (this.busy()) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #perform(id: string, request: ExecutionRequest, admission: Admission, active: Active): Promise<void> {
    const machine = await this.#guest.ready();
    if (active.halted) return;
    if (!machine) return this.#end(id, 'failed', NOT_ROUTABLE);
    if (this.get(id)?.status === 'wake_in_progress') {
      this.#change(id, { status: 'queued', retryAfterMs: undefined });
    }
    let command: RunningCommand;
    try {
      command = machine.run({
        command: request.command,
        env: request.env ?? {},
        stdin: request.stdin,
        cwd: request.cwd,
      });
    } catch (error) {
      return this.#end(id, 'failed', initRejected(error));
    }
    active.kill = () => command.kill();
    this.#stats.executionStarted();
    this.#change(id, { status: 'running', startedAt: this.#timestamp() });
    const stdout = capture(command.stdout, this.#options.outputCapBytes);
    const stderr = capture(command.stderr, this.#options.outputCapBytes);
    const timeout = new AbortController();
    const expiry = this.#expireAfter(
      id,
      request.timeout_ms ?? this.#options.defaultTimeoutMs,
      timeout.signal,
    );
    void background(this.#options.log, 'Expiring a command', expiry);
    try {
      const end = await command.ended;
      if (admission.expire) this.#end(id, 'expired', TIMED_OUT);
      else this.#conclude(id, end, stdout, stderr);
    } catch (error) {
      this.#end(id, 'failed', initRejected(error));
    } finally {
      timeout.abort();
    }
  }

  async #expireAfter(id: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(timeoutMs, signal);
    } catch {
      return;
    }
    this.#end(id, 'expired', TIMED_OUT);
    this.#halt(id);
  }

  #conclude(id: string, end: CommandEnd, stdout: Capture, stderr: Capture): void {
    const record = this.get(id);
    if (!record || isTerminal(record.status)) return;
    const kept = { stdout: stdout.head(), stderr: stderr.head() };
    if (!this.#tryKeep(() => this.#store.saveOutput(record, kept))) this.#unsaved.set(id, kept);
    const succeeded = end.exitCode === 0;
    this.#end(id, succeeded ? 'succeeded' : 'failed', {
      exitCode: end.exitCode,
      signal: signalNumber(end.signal),
      output: {
        stdoutBytes: stdout.bytes(),
        stderrBytes: stderr.bytes(),
        stdoutTruncated: stdout.bytes() > kept.stdout.length,
        stderrTruncated: stderr.bytes() > kept.stderr.length,
      },
    });
    if (succeeded) this.#guest.succeeded();
  }

  #add(executionId: string, request: ExecutionRequest, status: ExecutionStatus): ExecutionRecord {
    const at = this.#timestamp();
    const record: ExecutionRecord = {
      executionId,
      machine: this.#machine,
      status,
      command: request.command,
      cwd: request.cwd,
      envKeys: Object.keys(request.env ?? {}),
      createdAt: at,
      startedAt: undefined,
      completedAt: undefined,
      exitCode: undefined,
      signal: undefined,
      errorCode: undefined,
      errorMessage: undefined,
      retryAfterMs: undefined,
      output: undefined,
      history: [{ status, at }],
    };
    // First on disk: a command that could not be kept is refused, and nothing of it stays.
    this.#store.saveExecution(record);
    this.#records.set(executionId, record);
    this.#dropOldest();
    return record;
  }

  /** The first end counts; a command that goes on after it was expired or cancelled changes nothing any more. */
  #end(id: string, status: ExecutionStatus, changes: Changes): void {
    const record = this.get(id);
    if (!record || isTerminal(record.status)) return;
    this.#change(id, { ...changes, status, completedAt: this.#timestamp(), retryAfterMs: undefined });
  }

  #change(id: string, changes: Changes): void {
    const before = this.get(id);
    if (!before) return;
    const status = changes.status ?? before.status;
    const moved = status !== before.status;
    const history = moved ? [...before.history, { status, at: this.#timestamp() }] : before.history;
    const record: ExecutionRecord = { ...before, ...changes, status, history };
    this.#records.set(id, record);
    this.#tryKeep(() => this.#store.saveExecution(record));
  }

  /** What has happened is remembered, also while a full disk keeps it from being written. */
  #tryKeep(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      this.#options.log.warn('An execution could not be kept', { error: String(error) });
      return false;
    }
  }

  #halt(id: string): void {
    const active = this.#active.get(id);
    if (!active) return;
    active.halted = true;
    active.kill();
    this.#settle(id);
  }

  #settle(id: string): void {
    this.#active.delete(id);
    if (this.busy()) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #dropOldest(): void {
    for (const record of this.#records.values()) {
      if (this.#records.size <= this.#options.keptExecutions) return;
      if (!isTerminal(record.status)) continue;
      this.#records.delete(record.executionId);
      this.#unsaved.delete(record.executionId);
      this.#store.removeExecution(record);
    }
  }

  #timestamp(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

function signalNumber(name: string | undefined): number | undefined {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return name === undefined ? undefined : numbers[name];
}
