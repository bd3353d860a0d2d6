/** Adds to a turn's error at which address its model provider was asked: OpenClaw's own error names none. */
import type { WaitOptions } from '../../core/abort.ts';
import { type AppError, onFailure } from '../../core/errors.ts';
import { at } from '../../core/patch.ts';
import { PROVIDERS, type ProviderKey } from '../../openclaw/catalog/providers.ts';
import type { ConfigureService } from '../../openclaw/configure/configure.ts';
import { modelCheck } from '../../openclaw/outside-checks.ts';

export interface AddressDeps {
  settings: Pick<ConfigureService, 'show'>;
  providers: readonly ProviderKey[];
}

/** `error` with the address and path that were asked, where the machine's settings tell and the error calls for it. */
export async function withAddress(
  error: AppError,
  deps: AddressDeps,
  machineId: string,
  options: WaitOptions,
): Promise<AppError> {
  const provider = error.details.asked_provider;
  if (typeof provider !== 'string') return error;
  const asked = await addressOf(provider, deps, machineId, options);
  if (asked === undefined) return error;
  const { message, foreign } = error;
  const known = knownAddress(provider, deps.providers) === asked.baseUrl;
  const line = `POST ${asked.url}`;
  // What only the machine says is a stranger's.
  const said = known ? foreign : [line, foreign].filter((text) => text !== undefined).join('\n');
  return error.with({ message: known ? `${message}: ${line}` : message, foreign: said });
}

async function addressOf(
  provider: string,
  { settings }: AddressDeps,
  machineId: string,
  options: WaitOptions,
): Promise<{ baseUrl: string; url: string } | undefined> {
  // The turn's own error is worth more than why this look failed.
  const shown = await settings.show(machineId, options).catch(onFailure(undefined, options.signal));
  const baseUrl = at(shown?.config, 'models', 'providers', provider, 'baseUrl');
  const api = at(shown?.config, 'models', 'providers', provider, 'api');
  if (typeof baseUrl !== 'string' || typeof api !== 'string') return undefined;
  const check = modelCheck({ model: `${provider}/MODEL`, api, baseUrl, secret: '' });
  return check && { baseUrl, url: check.url };
}

/** As this server's own environment and the table of providers have it. */
function knownAddress(id: string, providers: readonly ProviderKey[]): string | undefined {
  const key = providers.find(({ provider }) => provider.id === id);
  return key?.baseUrl ?? PROVIDERS.find((provider) => provider.id === id)?.baseUrl;
}
