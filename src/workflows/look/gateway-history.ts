/** How often a gateway went down without being asked to, why, and what to do about it, in words. */
import { toldTime } from '../../core/text.ts';
import {
  type GatewayEvent,
  type GatewayHistory,
  WHY_IT_WENT_DOWN,
} from '../../openclaw/look/gateway-events.ts';

const FIX: Readonly<Record<GatewayEvent['why'], string>> = {
  ended: 'Call read_logs to see what it was at; upgrade_openclaw where a newer release is there.',
  out_of_memory: 'Call configure_openclaw with more memory_mib.',
  refused: 'Call repair_openclaw, which goes back to the last settings that worked.',
  deaf: 'Call read_logs to see what it was at; more memory_mib or vcpu may help.',
  full_disk: 'Have the assistant remove files, or call configure_openclaw with a larger storage_gib.',
};

/** In a day: a gateway that is killed once is an accident. */
const OFTEN = 3;

/** Newest last. */
export function toldEvents({ events }: GatewayHistory) {
  return events.map(({ at, why, did }) => ({ at: toldTime(at), why, did }));
}

/** Of what is new since somebody looked last; undefined where nothing is. */
export function newsOf({ events, fresh }: GatewayHistory): string | undefined {
  const news = fresh === 0 ? [] : events.slice(-fresh);
  const last = news.at(-1);
  if (last === undefined) return undefined;
  const restarts = news.filter(({ did }) => did === 'restarted').length;
  const counted = `the gateway was started again ${restarts} time(s) since the last look`;
  const left = last.did === 'left_down' ? ', and was left down in the end' : '';
  return `${counted}${left}, last because ${WHY_IT_WENT_DOWN[last.why]}`;
}

/** Whether it goes down often, or is left down. */
export function troubleOf(
  { events, lately }: GatewayHistory,
  gone: boolean,
): { detail: string; fix?: string } {
  const last = events.at(-1);
  if (gone && last?.did === 'left_down')
    return { detail: `it was left down, because ${WHY_IT_WENT_DOWN[last.why]}`, fix: FIX[last.why] };
  if (last === undefined || lately < OFTEN) return { detail: 'it goes on without being started again' };
  return {
    detail: `it went down ${lately} times in a day, last because ${WHY_IT_WENT_DOWN[last.why]}`,
    fix: FIX[last.why],
  };
}
