/** Reads what the scripts of a repair printed. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { head, plainText } from '../core/text.ts';
import { toldVersion } from '../core/told.ts';
import { interruptedIn } from './read-probe.ts';
import type { Diagnosis, DoctorFinding, Mended } from './repair-ports.ts';
import type { ScriptOutput } from './script-output.ts';

const count = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const yes = z.enum(['yes', 'no']).transform((word) => word === 'yes');
const words = z.string().transform((text) => text.split(' ').filter((word) => word !== ''));
// A version of the machine's own making goes back to it as a name of a folder.
const version = z.string().transform(toldVersion);

const output = z.object({
  memory_total_mib: count,
  memory_available_mib: count,
  disk_free_mib: count,
  low_memory_flags: yes,
  process: z.enum(['running', 'gone']),
  listening: yes,
  health: z.enum(['live', 'no', 'not_checked']),
  ready: z.enum(['yes', 'starting', 'draining', 'no', 'not_checked']),
  authenticated: z.enum(['yes', 'refused', 'no_token', 'no', 'not_checked']),
  duplicates: count,
  port_foreign: z.literal('yes').optional(),
  stale_locks: count,
  full_disk: yes,
  out_of_memory: yes,
  node: z.enum(['ok', 'missing', 'broken']),
  node_wanted: version,
  tree: z.enum(['ok', 'missing', 'broken', 'not_checked']),
  openclaw_wanted: version,
  config: z.enum(['ok', 'invalid', 'missing', 'not_checked']),
  last_good: yes,
  missing_keys: words.default([]),
  open_files: words,
  auth_file: z.enum(['ok', 'missing', 'stale', 'no_token', 'unreadable', 'not_checked']),
  jobs_running: words,
});

/** @throws AppError `command_failed` when it is not what `diagnose` prints. */
export function readDiagnosis({ values, blobs }: ScriptOutput): Diagnosis {
  const read = output.safeParse(values);
  if (!read.success) throw new AppError('command_failed', "The machine's account of itself cannot be read");
  const seen = read.data;
  return {
    memoryTotalMib: seen.memory_total_mib,
    memoryAvailableMib: seen.memory_available_mib,
    diskFreeMib: seen.disk_free_mib,
    lowMemoryFlags: seen.low_memory_flags,
    process: seen.process,
    listening: seen.listening,
    health: seen.health,
    ready: seen.ready,
    authenticated: seen.authenticated,
    duplicates: seen.duplicates,
    portOwner: seen.port_foreign === undefined ? undefined : (blobs.port_owner ?? 'unknown'),
    staleLocks: seen.stale_locks,
    sawFullDisk: seen.full_disk,
    interrupted: interruptedIn(blobs.interrupted),
    outOfMemory: seen.out_of_memory,
    node: seen.node,
    nodeVersion: seen.node_wanted,
    tree: seen.tree,
    openclawVersion: seen.openclaw_wanted,
    treeMissing: blobs.tree_missing,
    config: seen.config,
    configIssues: blobs.config_issues,
    lastGood: seen.last_good,
    missingKeys: seen.missing_keys,
    openFiles: seen.open_files,
    authFile: seen.auth_file,
    jobsRunning: seen.jobs_running,
  };
}

/** What `repair` printed: one `done.<mend>` for each. Nothing mended counts as not done. */
export function readMended({ values }: ScriptOutput): Mended {
  const done = Object.entries(values).flatMap(([name, value]) =>
    name.startsWith('done.') && value !== '0' && value !== 'none'
      ? [[name.slice('done.'.length), value]]
      : [],
  );
  return Object.fromEntries(done);
}

/**
 * Findings that are no fault of this machine: its gateway answers on loopback alone by design, and no heartbeat runs,
 * since each beat spends the owner's money.
 */
const BY_DESIGN = /node-hosting-preconditions|heartbeat/;
const MAX_FINDINGS = 10;
const MAX_MESSAGE = 300;

const lint = z.object({
  findings: z.array(z.object({ checkId: z.string(), severity: z.string(), message: z.string() })),
});

/** Undefined when the doctor was not asked, or said something else than findings. */
export function readDoctor({ values, blobs }: ScriptOutput): readonly DoctorFinding[] | undefined {
  if (values.doctor !== 'answered') return undefined;
  const read = lint.safeParse(parsed(blobs.findings));
  if (!read.success) return undefined;
  return read.data.findings
    .filter(({ checkId, severity }) => ['error', 'warning'].includes(severity) && !BY_DESIGN.test(checkId))
    .slice(0, MAX_FINDINGS)
    .map(({ checkId, message }) => ({
      check: head(plainText(checkId), 100),
      message: head(plainText(message), MAX_MESSAGE),
    }));
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return undefined;
  }
}
