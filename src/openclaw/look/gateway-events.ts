/** How often a gateway went down without being asked to, and how it ended, in our words. */
import type { GatewayHistory } from '../../sidecar/protocol.ts';

export type { GatewayHistory } from '../../sidecar/protocol.ts';
export type GatewayEvent = GatewayHistory['events'][number];

export const WHY_IT_WENT_DOWN: Readonly<Record<GatewayEvent['why'], string>> = {
  ended: 'it ended or was killed',
  out_of_memory: 'the machine ran out of memory',
  refused: 'it refused its settings',
  deaf: 'it no longer answered',
  full_disk: 'it had seen a full disk',
};

const DID: Readonly<Record<GatewayEvent['did'], string>> = {
  restarted: 'started the gateway again',
  failed: 'started the gateway, which did not come to work',
  left_down: 'left the gateway down',
};

export const eventSentence = ({ why, did }: GatewayEvent): string => `${DID[did]}: ${WHY_IT_WENT_DOWN[why]}`;
