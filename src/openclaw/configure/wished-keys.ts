/** Which keys of model providers a change sends to a machine, and which it removes there. */
import { AppError } from '../../core/errors.ts';
import { PROVIDERS, type Provider, type ProviderKey, providerIdOf } from '../catalog/providers.ts';

/** details.reason of an error that another server, with other variables, would not have. */
export const KEY_MISSING = 'key_missing';

/**
 * What provider_keys names: keys to send, and after a minus ids of providers whose keys are to be removed.
 * @throws AppError `invalid_input` or `config`; no machine is needed to know.
 */
export function namedKeys(
  wished: readonly string[],
  providers: readonly ProviderKey[],
): { named: ProviderKey[]; removed: string[] } {
  const removals = wished.filter((name) => name.startsWith('-'));
  return {
    named: wished.filter((name) => !name.startsWith('-')).map((name) => keyOf(name, providers)),
    removed: removals.map((name) => providerNamed(name.slice(1)).id),
  };
}

/**
 * The keys that were named, and those that a wished model needs and the machine does not have.
 * @param secretNames what the machine's secrets file holds.
 * @throws AppError `invalid_input` for a model whose provider has a key nowhere.
 */
export function sentKeys(
  named: readonly ProviderKey[],
  models: readonly string[],
  secretNames: readonly string[],
  providers: readonly ProviderKey[],
): ProviderKey[] {
  const sent = new Set(named);
  for (const model of models) {
    const id = providerIdOf(model);
    if ([...sent].some(({ provider }) => provider.id === id) || secretNames.includes(id)) continue;
    const known = providers.find(({ provider }) => provider.id === id);
    if (!known) throw noKeyFor(model);
    sent.add(known);
  }
  return [...sent];
}

/** By its variable, or by its id as a person may say it. */
function providerNamed(name: string): Provider {
  const provider = PROVIDERS.find(({ id, keyVariables }) => id === name || keyVariables.includes(name));
  if (provider) return provider;
  const variables = PROVIDERS.flatMap(({ keyVariables }) => keyVariables).join(', ');
  throw new AppError(
    'invalid_input',
    'Nothing was changed: provider_keys names a variable of no model provider',
    { next: `Choose from ${variables}; a minus before the name removes that key from the machine.` },
  );
}

function keyOf(name: string, providers: readonly ProviderKey[]): ProviderKey {
  const provider = providerNamed(name);
  const key = providers.find((each) => each.provider.id === provider.id);
  if (key) return key;
  const variable = provider.keyVariables.includes(name) ? name : provider.keyVariables[0];
  throw new AppError('config', `Nothing was changed: ${variable} is not set in this server's environment`, {
    next: `Set ${variable} and restart the server, or pass "-${variable}" to remove the key that the machine has.`,
    details: { reason: KEY_MISSING },
  });
}

function noKeyFor(model: string): AppError {
  const provider = PROVIDERS.find(({ id }) => id === providerIdOf(model));
  const variable = provider?.keyVariables[0];
  return new AppError(
    'invalid_input',
    'Nothing was changed: neither the machine nor this server has a key for the provider of this model',
    {
      next:
        variable === undefined
          ? `Pass a model of ${PROVIDERS.map(({ id }) => id).join(', ')}, as provider/model.`
          : `Set ${variable} in this server's environment and restart it.`,
      // A provider that nobody knows has no key anywhere.
      ...(variable !== undefined && { details: { reason: KEY_MISSING } }),
    },
  );
}
