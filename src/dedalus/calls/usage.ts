/** What the account has used; only some generations of the API tell. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import type { Call } from './call.ts';

const number = z.number().nonnegative().optional().catch(undefined);

const usageSchema = z
  .object({
    billed_awake_seconds: number,
    provisioned_storage_gib: number,
    included_storage_gib: number,
    plan_slug: z.string().optional().catch(undefined),
  })
  .transform((raw) => ({
    awakeSeconds: raw.billed_awake_seconds,
    storageGib: raw.provisioned_storage_gib,
    includedStorageGib: raw.included_storage_gib,
    /** The plan's own short name. */
    plan: /^[a-z0-9_-]{1,40}$/i.exec(raw.plan_slug ?? '')?.[0],
  }));

/** Of the present billing period, for the whole account; each is undefined where the API leaves it out. */
export type AccountUsage = z.output<typeof usageSchema>;

export interface UsageCalls {
  /** @throws AppError `unsupported` where the API has no such call (generations 1 and 3). */
  getUsage(options?: WaitOptions): Promise<AccountUsage>;
}

export function usageCalls(call: Call): UsageCalls {
  return {
    getUsage: (options) => call({ method: 'get', path: '/v1/usage' }, usageSchema, 'capability', options),
  };
}
