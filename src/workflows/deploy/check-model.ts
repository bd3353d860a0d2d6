/** What can be known of a deploy's model before anything is paid for: its provider has a key, its server answers. */
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { askOwnServer, listedModels, ownKey } from '../../openclaw/ask-own-server.ts';
import { type ProviderKey, providerIdOf, requireModelOf } from '../../openclaw/catalog/providers.ts';

export interface CheckModelDeps {
  providers: readonly ProviderKey[];
  clock: Clock;
  /** Reaches a model server of one's own from this computer. */
  fetch: typeof fetch;
}

/** What a server of one's own said; recorded, since it is asked once per deploy. */
export const ownAnswer = z.object({
  models: z.array(z.object({ id: z.string(), contextWindow: z.number().optional() })),
  state: z.enum(['proved', 'unproved', 'not_asked']),
});
export type OwnAnswer = z.output<typeof ownAnswer>;

/**
 * Undefined where no server of one's own is set up. Only the model that will answer is tried, with one small call.
 * @throws AppError as requireModelOf and askOwnServer.
 */
export async function checkModel(
  deps: CheckModelDeps,
  model: string | undefined,
  signal: AbortSignal | undefined,
): Promise<OwnAnswer | undefined> {
  if (model !== undefined) requireModelOf(deps.providers, model);
  const key = ownKey(deps.providers);
  if (key === undefined) return undefined;
  const answering = model === undefined ? deps.providers[0]?.provider.id : providerIdOf(model);
  if (answering !== key.provider.id) {
    return { models: await listedModels(deps, key, signal), state: 'not_asked' };
  }
  const { models, state } = await askOwnServer(deps, key, model?.slice(answering.length + 1), signal);
  return { models, state };
}

/** The keys with what the server of one's own listed when the deploy was begun. */
export function withListedModels(
  providers: readonly ProviderKey[],
  answer: OwnAnswer | undefined,
): readonly ProviderKey[] {
  return providers.map((key) =>
    key.own && answer ? { ...key, own: { ...key.own, models: answer.models } } : key,
  );
}
