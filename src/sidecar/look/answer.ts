/** Answers requests that wait for the owner: a person who wants to write to a channel, a device, a command to be run. */
import { readiness } from '../gateway/health.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { SidecarError } from '../sidecar-error.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';

type Answer = RequestOf<'answer_requests'>['answers'][number];

const MAX_SAID = 2_000;

/** @throws SidecarError `gateway_not_ready`. */
export async function answerRequests(
  place: Place,
  { answers }: RequestOf<'answer_requests'>,
): Promise<ReplyOf<'answer_requests'>> {
  if ((await readiness(place)) !== 'yes') throw new SidecarError('gateway_not_ready');
  const outcomes: ReplyOf<'answer_requests'>['answers'] = [];
  for (const answer of answers) {
    const command = commandOf(answer);
    const { ok, text } = command === undefined ? { ok: false, text: '' } : await askOpenClaw(place, command);
    outcomes.push({ accepted: ok, said: text.slice(-MAX_SAID) });
  }
  return { answers: outcomes };
}

/** Undefined for what OpenClaw has no word for. */
function commandOf({ kind, id, verdict }: Answer): string[] | undefined {
  const approve = verdict === 'approve';
  if (kind === 'device') return ['devices', approve ? 'approve' : 'reject', id];
  if (kind === 'exec') return ['approvals', 'resolve', id, approve ? 'allow-once' : 'deny'];
  return approve ? ['pairing', 'approve', kind, id] : undefined;
}
