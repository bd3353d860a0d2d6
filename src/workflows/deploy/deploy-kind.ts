/** Deploys as a kind of operation: from a name to an assistant that answers. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import {
  chatNext,
  modelDetail,
  modelName,
  nodeDetail,
  nodeResult,
  openclawDetail,
} from '../result-fields.ts';
import { machineState } from './create-machine.ts';
import { DEPLOY, deployInput, deployWork } from './deploy.ts';
import { versionState } from './version.ts';

export const deploy = declareKind({
  name: DEPLOY,
  input: deployInput,
  state: machineState.extend(versionState.shape),
  result: nodeResult.extend({ name: z.string(), model: modelName }),
  early: ({ input: { name, model } }) => ({ name, model }),
  notBeside: ['configure', 'upgrade', 'restore', 'repair'],
  takesKeys: () => true,
  work: deployWork,
  words: {
    subject: 'Deploying OpenClaw',
    noun: 'a deploy',
    doneAs: 'ready',
    details: ({ openclaw_version, node_version, model }) => [
      openclawDetail(openclaw_version),
      nodeDetail(node_version),
      modelDetail(model),
    ],
    next: chatNext,
    fromOthers: ({ model }) => (model === undefined ? [] : ['model']),
  },
});
