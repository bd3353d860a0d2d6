/** Keys of model providers that a machine keeps and uses although this server's environment no longer holds them. */
import { onFailure } from '../../core/errors.ts';
import { PROVIDERS, type ProviderKey } from '../../openclaw/catalog/providers.ts';
import type { ConfigureService } from '../../openclaw/configure/configure.ts';
import type { OperationHandle } from '../../operations/ports.ts';

export interface RemainingKey {
  /** One of PROVIDERS. */
  provider: string;
  /** As provider_keys takes it to remove the key. */
  removal: string;
}

/**
 * @param secretNames what the machine's secrets file holds.
 * @param providers what this server holds.
 */
export function remainingKeys(
  secretNames: readonly string[],
  providers: readonly ProviderKey[],
): RemainingKey[] {
  const here = new Set(providers.map(({ provider }) => provider.id));
  return PROVIDERS.filter(({ id }) => secretNames.includes(id) && !here.has(id)).map(
    ({ id, keyVariables: [variable] }) => ({ provider: id, removal: `-${variable}` }),
  );
}

/** `it keeps and uses a key of groq that is not in this server's environment`, and how to remove it. */
export function remainingKeysSentence(kept: readonly RemainingKey[]): { detail: string; fix: string } {
  const names = kept.map(({ provider }) => provider).join(', ');
  const removals = kept.map(({ removal }) => `"${removal}"`).join(', ');
  return {
    detail: `it keeps and uses keys that are not in this server's environment: ${names}`,
    fix: `Unless another server of yours gave them: configure_openclaw with provider_keys [${removals}] removes them.`,
  };
}

/** The same as one note. */
export function remainingKeysNote(kept: readonly RemainingKey[]): string {
  const { detail, fix } = remainingKeysSentence(kept);
  return `About this machine: ${detail}. ${fix}`;
}

/** A note on what an earlier deploy left; a new machine has only what was sent to it, and is not asked. */
export async function tellRemainingKeys(
  operation: OperationHandle,
  deps: { settings: Pick<ConfigureService, 'show'>; providers: readonly ProviderKey[] },
  { machineId }: { machineId?: string | undefined },
): Promise<void> {
  if (machineId === undefined) return;
  // The deploy is done; gateway_status tells it too.
  const shown = await deps.settings.show(machineId, operation).catch(onFailure(undefined, operation.signal));
  const kept = remainingKeys(shown?.secretNames ?? [], deps.providers);
  if (kept.length > 0) await operation.note(remainingKeysNote(kept));
}
