/** Reads what a machine says of its faults, and what a repair says that it did. */
import * as z from 'zod';
import { head, plainText, toldVersion } from '../../core/text.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import type { Diagnosis, DoctorFinding } from './ports.ts';

const MOST_NAMED = 20;
const MAX_FOREIGN = 4_000;
const PROVIDER = /^[A-Za-z0-9._-]{1,60}$/;

/** Checks what goes back to the machine as a name, and bounds what is foreign. */
export function readDiagnosis(seen: ReplyOf<'diagnose'>): Diagnosis {
  const foreign = (text: string | undefined) => text && head(text, MAX_FOREIGN);
  return {
    ...seen,
    port_owner: foreign(seen.port_owner),
    tree_missing: foreign(seen.tree_missing),
    config_issues: foreign(seen.config_issues),
    interrupted: seen.interrupted.slice(0, MOST_NAMED),
    missing_keys: seen.missing_keys.filter((id) => PROVIDER.test(id)),
    // A version of the machine's own making goes back to it as a name of a folder.
    node_wanted: toldVersion(seen.node_wanted),
    openclaw_wanted: toldVersion(seen.openclaw_wanted),
  };
}

/**
 * Findings that are no fault of this machine: its gateway answers on loopback alone by design, and no heartbeat runs,
 * since each beat spends the owner's money.
 */
const BY_DESIGN = /node-hosting-preconditions|heartbeat/;
const MAX_FINDINGS = 10;
const MAX_MESSAGE = 300;

const findings = z.array(z.object({ checkId: z.string(), severity: z.string(), message: z.string() }));

/** Undefined when the doctor was not asked, or said something else than findings. */
export function readDoctor(reply: ReplyOf<'doctor'>): readonly DoctorFinding[] | undefined {
  const read = findings.safeParse(reply.findings);
  if (reply.doctor !== 'answered' || !read.success) return undefined;
  return read.data
    .filter(({ checkId, severity }) => ['error', 'warning'].includes(severity) && !BY_DESIGN.test(checkId))
    .slice(0, MAX_FINDINGS)
    .map(({ checkId, message }) => ({
      check: head(plainText(checkId), 100),
      message: head(plainText(message), MAX_MESSAGE),
    }));
}
