/** The doctor's look at a model server of one's own: what it lists, and whether a small call is answered. */
import type { Environment } from '../../config/config.ts';
import { addressFault, keyFault } from '../../config/faults.ts';
import type { Clock } from '../../core/clock.ts';
import { isAppError } from '../../core/errors.ts';
import { askOwnServer, ownKey } from '../../openclaw/ask-own-server.ts';
import { providerKeys } from '../../openclaw/catalog/providers.ts';
import { fetchFor } from '../proxy-fetch.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const CHECK = 'model server';

/** Nothing where none is set up. The small call costs some tokens there. */
export async function modelServer(env: Environment, clock: Clock): Promise<Finding[]> {
  const key = ownKey(providerKeys(env));
  if (key === undefined) return [];
  // Another finding names it; a question asked with it would only mislead.
  if (keyFault('OPENAI_API_KEY', key.key) !== undefined || addressFault(key.baseUrl) !== undefined) return [];
  const where = key.provider.baseUrlVariable;
  try {
    const { model, models, state } = await askOwnServer(
      { clock, fetch: fetchFor(env) },
      key,
      undefined,
      undefined,
    );
    const lists = models.length === 0 ? 'lists no models' : `lists ${models.length} model(s)`;
    if (state === 'proved') return [ok(CHECK, `${where} ${lists}; ${model} answers`)];
    return [
      warning(
        CHECK,
        `${where} did not answer a small call to ${model} from this computer`,
        'Start it, or correct the address; if only the machines can reach it, a first chat tells.',
      ),
    ];
  } catch (error) {
    if (!isAppError(error)) throw error;
    return [problem(CHECK, error.message, error.next ?? 'Correct the address.')];
  }
}
