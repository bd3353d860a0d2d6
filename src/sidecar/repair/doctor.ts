/** What OpenClaw's own doctor says, as it says it. Takes seconds, and as much memory as a small gateway. */
import { isPatch } from '../../core/patch.ts';
import { memoryAvailableMib } from '../look/machine.ts';
import type { Place } from '../place.ts';
import type { ReplyOf } from '../protocol.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';

const NEEDED_MIB = 600;

export async function doctor(place: Place): Promise<ReplyOf<'doctor'>> {
  const available = memoryAvailableMib();
  if (available > 0 && available < NEEDED_MIB) return { doctor: 'no_memory' };
  // Its exit code only says whether there are findings.
  const { json } = await askOpenClaw(place, ['doctor', '--lint', '--json']);
  return isPatch(json) && Array.isArray(json.findings)
    ? { doctor: 'answered', findings: json.findings }
    : { doctor: 'unsupported' };
}
