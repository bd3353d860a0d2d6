/** What a machine's assistant spends, as OpenClaw accounts for it, and the limit of a day that its own program keeps. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import { isToldPath } from '../../core/text.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import { askSidecar, type SidecarMachines } from '../sidecar/ask-sidecar.ts';

/** OpenClaw's accounts are asked for several times where its gateway has just started. */
const SPEND_MS = 150_000;
const PACE = { firstMs: 1_000 };

export type Spend = ReplyOf<'spend'>;
/** How a day stands to its limit. */
export type LimitStanding = Pick<Spend, 'limit' | 'today' | 'keeping'>;
/** Without a number it is lifted. */
export type DailyLimit = z.output<typeof dailyLimit>;

export const dailyLimit = z.object({
  tokens: z.number().positive().optional(),
  usd: z.number().positive().optional(),
  /** IANA name; UTC where nothing is said. */
  zone: z.string().optional(),
  /** Milliseconds since the epoch: of two the later counts. */
  set_at: z.number(),
});

export type SpendService = ReturnType<typeof spendService>;

export function spendService(machines: SidecarMachines) {
  return {
    /** @param accounts what is asked of OpenClaw itself; it is left out where OpenClaw does not tell. */
    spend(
      machineId: string,
      accounts: 'nothing' | 'days' | 'sessions',
      { signal }: WaitOptions = {},
    ): Promise<Spend> {
      const how = { timeoutMs: SPEND_MS, rerunnable: true, pace: PACE, signal };
      return askSidecar(machines, machineId, 'spend', { accounts }, how);
    },
    /**
     * The later of two limits counts.
     * @param model `provider/model` that answers by default.
     * @returns the folder of the plugin that keeps it, which the gateway's settings are to name, and when the one was set that
     *   the machine keeps now.
     * @throws AppError `invalid_input` for one in money where OpenClaw knows no price.
     */
    async setLimit(
      machineId: string,
      limit: DailyLimit,
      model: string | undefined,
      { signal }: WaitOptions = {},
    ) {
      const how = { timeoutMs: SPEND_MS, rerunnable: true, pace: PACE, signal };
      const told = await askSidecar(machines, machineId, 'set_limit', { limit, model }, how);
      if (isToldPath(told.plugin)) return told;
      throw new AppError('command_failed', "The machine's account of its limit cannot be read");
    },
  };
}
