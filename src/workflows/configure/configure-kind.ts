/** Changes of settings as a kind of operation; without a wish, a look at what there is. */
import * as z from 'zod';
import { declareKind } from '../../operations/kind.ts';
import { modelDetail, modelName, NOTHING_NEXT, openclawDetail, versionResult } from '../result-fields.ts';
import { channelState, channelWords, pendingRequest } from './channels.ts';
import { CONFIGURE, configureInput, configureWork } from './configure.ts';

const result = versionResult.extend({
  model: modelName,
  applied: z.enum(['none', 'hot', 'restart']).describe('How the running gateway took the new settings.'),
  settings: z.string().describe('Present settings as JSON text; secrets only as "[set]".'),
  channels: z.array(channelState),
  pending: z.array(pendingRequest).describe('Who and what waits for an answer.'),
  answers: z.array(
    z.object({ id: z.string(), verdict: z.string(), accepted: z.boolean(), said: z.string() }),
  ),
  control_ui: z
    .object({ how: z.string(), steps: z.array(z.string()), url: z.string().optional() })
    .describe('How a person opens the Control UI.'),
});
type Fields = Partial<z.output<typeof result>>;

export const configure = declareKind({
  name: CONFIGURE,
  input: configureInput,
  result,
  early: ({ input: { model } }) => ({ model }),
  notBeside: ['configure', 'upgrade', 'restore', 'deploy', 'repair'],
  // Nothing but the machine is named.
  onlyLooks: (input) => Object.keys(input).length === 1,
  takesKeys: ({ providerKeys }) => providerKeys !== undefined,
  work: configureWork,
  words: {
    subject: 'Configuring',
    noun: 'a change of settings',
    details,
    next: () => NOTHING_NEXT,
    /** Who waits, with the ids as their machine named them. */
    quotes: ({ pending = [] }) =>
      pending.length === 0
        ? []
        : [{ label: 'pending requests', text: pending.map(({ id, what }) => `${id}: ${what}`).join('\n') }],
    fromOthers,
  },
});

/** In our words, with ids that were checked; what others wrote is only in the data. */
function details({ openclaw_version, model, ...data }: Fields): (string | undefined)[] {
  return [
    openclawDetail(openclaw_version),
    modelDetail(model),
    data.applied && APPLIED[data.applied],
    ...channelWords(data.channels ?? []),
    data.pending?.length ? `${data.pending.length} request(s) wait for an answer (pending)` : undefined,
    ...(data.answers ?? []).map(
      ({ id, verdict, accepted }) => `${verdict} ${id}: ${accepted ? 'done' : 'refused by OpenClaw'}`,
    ),
    data.control_ui && `to open the Control UI: ${data.control_ui.steps.join(' ')}`,
  ];
}

const APPLIED = {
  none: 'nothing had to change',
  hot: 'applied without a restart',
  restart: 'applied by a restart of the gateway',
} as const;

function fromOthers({ model, settings, pending, answers, channels }: Fields): string[] {
  const fields = {
    model,
    settings,
    'pending.id and what': pending?.[0],
    'answers.said': answers?.[0],
    'channels.error': channels?.find(({ error }) => error !== undefined),
  };
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}
