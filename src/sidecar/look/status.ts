/** All that gateway_status asks of a machine, in one request: every layer, how exposed it is, how its channels are. */
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { automations } from './automations.ts';
import { posture } from './posture.ts';
import { probe } from './probe.ts';
import { show } from './show.ts';

export async function status(place: Place, { audit }: RequestOf<'status'>): Promise<ReplyOf<'status'>> {
  const seen = await probe(place);
  const exposed = await part(() => posture(place, audit));
  const shown = seen.ready === 'yes' ? await part(() => show(place, { live: 'channels' })) : undefined;
  const planned = await part(() => automations(place));
  return {
    probe: seen,
    ...(planned === undefined ? {} : { automations: planned }),
    ...(exposed === undefined ? {} : { posture: exposed }),
    ...(shown === undefined ? {} : { shown }),
  };
}

/** A part that cannot be seen leaves a gap; the rest of the look is worth having. */
async function part<T>(look: () => Promise<T>): Promise<T | undefined> {
  return look().catch(() => undefined);
}
