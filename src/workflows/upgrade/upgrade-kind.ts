/** Upgrades as a kind of operation: another version under the same assistant. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import { chatNext, nodeDetail, nodeResult, openclawDetail } from '../result-fields.ts';
import { UPGRADE, upgradeInput, upgradeState, upgradeWork } from './upgrade.ts';

const changed = z.object({
  from: z.string(),
  to: z.string(),
  node_from: z.string(),
  node_to: z.string(),
  state_migrated: z.boolean(),
  rolled_back: z.boolean(),
});

export const upgrade = declareKind({
  name: UPGRADE,
  input: upgradeInput,
  state: upgradeState,
  result: nodeResult.extend({ upgrade: changed }),
  // A failed upgrade has no result; what became of the machine must be told all the same.
  early: ({ state }) => ({ upgrade: state.upgrade }),
  notBeside: ['configure', 'restore', 'backup', 'deploy', 'repair'],
  work: upgradeWork,
  words: {
    subject: 'The upgrade of OpenClaw',
    noun: 'an upgrade',
    details: ({ openclaw_version, node_version, upgrade: from }) => [
      openclawDetail(openclaw_version),
      nodeDetail(node_version),
      from && `before: OpenClaw ${from.from}, Node ${from.node_from}`,
    ],
    next: chatNext,
  },
});
