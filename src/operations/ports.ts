/** What the rest of the code may ask of long work, and what a kind of long work must bring. */
import type { JsonObject, OperationRecord } from './record.ts';

/** A running operation as its kind sees it. */
export interface OperationHandle {
  readonly id: string;
  readonly record: Readonly<OperationRecord>;
  /** Aborts when somebody cancels the operation or this process ends; the work itself may go on elsewhere. */
  readonly signal: AbortSignal;
  /**
   * Ends the current stage and begins `name`; the same name again changes nothing.
   * @param begunMsAgo where it is heard of late; never before the one before it.
   */
  stage(name: string, begunMsAgo?: number): Promise<void>;
  /** Tells waiting callers something between two stages; not kept. */
  tell(message: string): void;
  /** Keeps one of our own sentences for the final result; that it cannot be written ends no work. */
  note(sentence: string): Promise<void>;
  /** Takes one field out of the state, which nothing needs any more; that it cannot be written ends no work. */
  drop(field: string): Promise<void>;
  /**
   * Durably remembers how far the work is. So whatever costs money comes after a `save`.
   * @throws when another process has meanwhile ended or cancelled this operation.
   */
  save(state: JsonObject): Promise<void>;
  /** Durably remembers which machine the work is about, or that there is none any more, and `state` with it. @throws as save */
  onMachine(machineId: string | undefined, state?: JsonObject): Promise<void>;
  /** The text so far of something that arrives in pieces; not kept. */
  partial(text: string): void;
  /** Whether a caller who waits is shown it as it grows. */
  watched(): boolean;
}

/** What can be told of an operation without its record. */
export interface Recovered {
  key: string;
  /** Where the id does not name it. */
  machineId?: string;
  input: JsonObject;
  state?: JsonObject;
  /** Set when it has ended; else it is awaited by running its kind. */
  result?: JsonObject;
}

/**
 * One kind of long work. `run` may be called again, in another process, with whatever state was saved last, and even
 * by two processes at once: every step of it looks before it acts, and all its keys derive from the operation's id.
 */
export interface OperationKind {
  run(operation: OperationHandle): Promise<JsonObject>;
  /**
   * Stops the work itself, wherever it runs, and removes what it made. Without it an operation of this kind cannot be
   * cancelled. Resolves with a sentence of ours about what stays all the same.
   */
  cancel?(record: Readonly<OperationRecord>): Promise<string | undefined>;
  /**
   * Finds an operation whose record is lost by its id alone, where the work is done. It only looks: an id is no
   * permission, and whoever asks with a made-up one must not set anything going.
   * @throws AppError that says how things stand, where that is all that can be said.
   */
  recover?(id: string, machineId: string | undefined): Promise<Recovered | undefined>;
  /** What another call hears that has to wait for it: "a backup". */
  noun?: string;
  /** The kinds that must not run on the same machine meanwhile. */
  notBeside?: readonly string[];
  /** Whether one with this input changes nothing, and so runs beside anything. */
  onlyLooks?(input: Readonly<JsonObject>): boolean;
  /** @throws what a request does not bring that `run` needs: a defect of whoever made it. */
  check?(request: StartRequest): void;
}

/** What a waiting caller is told. */
export interface Progress {
  stage: string;
  message: string | undefined;
  /** The text so far of something that arrives in pieces. */
  partial: string | undefined;
  /** Whole seconds since the operation was created. */
  elapsedSeconds: number;
  /** Stages begun so far. */
  step: number;
}

export interface AwaitOptions {
  waitMs: number;
  /** Ends the wait, never the work. */
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
}

/** A record, and the text so far where the operation has one. */
export interface OperationView {
  record: Readonly<OperationRecord>;
  partial: string | undefined;
}

export interface StartRequest {
  kind: string;
  key: string;
  input: JsonObject;
  /** Becomes part of the id, so that the operation can be found again without its record. */
  machineId?: string | undefined;
  /** What the first step needs and a later one may drop. */
  state?: JsonObject | undefined;
  /** Called in the moment before this is recorded, where it does not join what runs, and nothing keeps it from beginning. */
  onBegin?: (() => void) | undefined;
}

export interface Operations {
  /**
   * Records a new operation, or returns the running one with the same kind and key.
   * @throws AppError `conflict` while something runs on the machine that this kind must not run beside.
   */
  start(request: StartRequest): Promise<OperationRecord>;
  /** Waits up to `waitMs` for the end; goes on with the work when this process is not yet at it. @throws `not_found` */
  await(id: string, options: AwaitOptions): Promise<OperationView>;
  /**
   * Running operations, newest first; with `all` also those that ended, which costs a file each.
   * @param about only those whose id it takes: read from the id alone, before any file is.
   */
  list(which: 'running' | 'all', about?: (id: string) => boolean): Promise<OperationRecord[]>;
  /** Operations that ended after this moment, newest first. @param since milliseconds since the epoch */
  endedSince(since: number): Promise<OperationRecord[]>;
  /** Stops the work. An operation that has ended already is returned as it is. @throws `not_found`, `unsupported` */
  cancel(id: string): Promise<OperationRecord>;
  /** Forgets an ended operation. */
  forget(id: string): Promise<void>;
  /** Ends all local work at once, leaving every record for the next process. */
  close(): void;
}

/** Which of all records, newest first, nobody needs any more. */
export type Expired = (records: readonly OperationRecord[], now: number) => readonly OperationRecord[];
