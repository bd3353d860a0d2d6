/** Writes records as each generation of the API shows them. */
import type { ExecutionRecord, Generation, MachineRecord, PortRecord } from '../machines/model.ts';

/** A JSON object on the wire. */
export type Document = Record<string, unknown>;

export type RuntimeName = 'namespace' | 'process';

/** What only a machine of this computer has; the cloud has no such fields. */
export interface Here {
  runtime: RuntimeName;
  /** Its persistent home as a folder of this computer. */
  homeDir: string;
}

// About what a wake takes here.
const PORT_RETRY_MS = 250;

export function machineId(generation: Generation, id: string): string {
  return generation === 3 ? id : `dm-${id}`;
}

/** What creating, changing and listing answer: generation 3 keeps only the phase, at the top. */
export function machineDocument(generation: Generation, record: MachineRecord, here: Here): Document {
  if (generation !== 3) return machineWithStatus(generation, record, here);
  return { ...machineFacts(generation, record, here), phase: record.phase };
}

/** What GET of one machine answers: `status{}` in every generation. */
export function machineWithStatus(generation: Generation, record: MachineRecord, here: Here): Document {
  return {
    ...machineFacts(generation, record, here),
    status: {
      phase: record.phase,
      reason: record.reason,
      retryable: record.retryable,
      revision: String(record.revision),
      last_transition_at: record.lastTransitionAt,
      last_progress_at: record.lastProgressAt,
      ...(record.lastError !== undefined && { last_error: record.lastError }),
      ...(generation === 3 && { memory_configured_mib: record.memoryMib }),
      runtime: here.runtime,
      home_dir: here.homeDir,
    },
  };
}

export function listItem(generation: Generation, record: MachineRecord, here: Here): Document {
  return { ...machineDocument(generation, record, here), created_at: record.createdAt };
}

/** 200 once the machine is where it was asked to be, 202 on the way there. */
export function convergence(record: MachineRecord): 200 | 202 {
  return record.phase === record.desiredState || record.phase === 'failed' ? 200 : 202;
}

function machineFacts(generation: Generation, record: MachineRecord, { runtime }: Here): Document {
  return {
    machine_id: machineId(generation, record.id),
    vcpu: record.vcpu,
    memory_mib: record.memoryMib,
    storage_gib: record.storageGib,
    desired_state: record.desiredState,
    ...(generation !== 1 && { autosleep_seconds: record.autosleepSeconds }),
    runtime,
  };
}

/** The names of `env` are shown and its values never; `command` is echoed. */
export function executionDocument(generation: Generation, record: ExecutionRecord): Document {
  return defined({
    execution_id: record.executionId,
    machine_id: machineId(generation, record.machine),
    status: record.status,
    command: record.command,
    cwd: record.cwd,
    env_keys: record.envKeys.length > 0 ? record.envKeys : undefined,
    created_at: record.createdAt,
    started_at: record.startedAt,
    completed_at: record.completedAt,
    exit_code: record.exitCode,
    signal: record.signal,
    error_code: record.errorCode,
    error_message: record.errorMessage,
    retry_after_ms: record.retryAfterMs,
    ...outputFacts(record),
  });
}

/** Name of the id of a port. */
export function idField(generation: Generation): 'port_id' | 'preview_id' {
  return generation === 3 ? 'port_id' : 'preview_id';
}

/** What is left to say of a port that was shown so, and that nobody remembers. */
export function closedDocument(shown: Document): Document {
  return defined({
    ...shown,
    status: 'closed',
    url: undefined,
    ready_at: undefined,
    retry_after_ms: undefined,
  });
}

export function portDocument(generation: Generation, record: PortRecord): Document {
  return defined({
    [idField(generation)]: record.portId,
    machine_id: machineId(generation, record.machine),
    port: record.port,
    protocol: record.protocol,
    visibility: record.visibility,
    status: record.status,
    url: record.url,
    created_at: record.createdAt,
    ready_at: record.readyAt,
    retry_after_ms: record.status === 'wake_in_progress' ? PORT_RETRY_MS : undefined,
    error_message: record.errorMessage,
  });
}

/** Before the end, and for a command that never ran, only the id: there is nothing to read. */
export function outputDocument(record: ExecutionRecord, stdout: string, stderr: string): Document {
  if (!record.output) return { execution_id: record.executionId };
  return { execution_id: record.executionId, stdout, stderr, ...outputFacts(record) };
}

function outputFacts(record: ExecutionRecord): Document {
  if (!record.output) return {};
  return {
    stdout_bytes: record.output.stdoutBytes,
    stderr_bytes: record.output.stderrBytes,
    stdout_truncated: record.output.stdoutTruncated,
    stderr_truncated: record.output.stderrTruncated,
  };
}

/** `fields` without those that are undefined. */
export function defined(fields: Document): Document {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
