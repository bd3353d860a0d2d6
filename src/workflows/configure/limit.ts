/** The limit of a day set, changed or lifted: on the machine first, then noted here. */
import semver from 'semver';
import { AppError } from '../../core/errors.ts';
import type { ConfigureService } from '../../openclaw/configure/configure.ts';
import { presentModel } from '../../openclaw/configure/plan.ts';
import type { DailyLimit, LimitStanding, SpendService } from '../../openclaw/look/spend.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { type DailyLimits, isSet, limitWords, standingWords } from '../limits/daily-limit.ts';

/** The first whose gateway was seen to let a plugin decide on every turn. */
const KEPT_SINCE = '2026.9.0';

export interface LimitDeps {
  configure: Pick<ConfigureService, 'show'>;
  spend: SpendService;
  limits: DailyLimits;
}

/**
 * @returns the folder of the plugin that the gateway's settings do not name yet.
 * @throws AppError `unsupported` for a release that would not keep it; `conflict` where the machine holds on to a later one;
 *   as SpendService.
 */
export async function setDailyLimit(
  operation: OperationHandle,
  { configure, spend, limits }: LimitDeps,
  { machineId, dailyLimit: wish }: { machineId: string; dailyLimit?: Omit<DailyLimit, 'set_at'> | undefined },
): Promise<string | undefined> {
  if (wish === undefined) return undefined;
  await operation.stage('limit');
  const present = await configure.show(machineId, operation);
  const version = semver.coerce(present.openclawVersion) ?? '0.0.0';
  if (isSet(wish) && semver.lt(version, KEPT_SINCE)) {
    throw new AppError('unsupported', 'Nothing was changed: this release of OpenClaw keeps no daily limit', {
      next: 'Call upgrade_openclaw first.',
    });
  }
  // The same moment also when another process goes on with this.
  const limit = { ...wish, set_at: Date.parse(operation.record.createdAt) };
  const standing = await spend.setLimit(machineId, limit, presentModel(present), operation);
  if (!holds(standing, wish)) throw setLater();
  // Dated by the machine. Where this computer's clock is ahead, its date would win over a limit that somebody lifts later.
  await limits.keep(machineId, { ...wish, set_at: Math.min(limit.set_at, standing.set_at) });
  const words = standingWords(standing);
  const told = isSet(wish) ? `The assistant may spend ${limitWords(wish)}.` : 'The daily limit is lifted.';
  await operation.note(words === undefined ? told : `${told} ${words}`);
  return standing.keeping === 'not_kept' ? standing.plugin : undefined;
}

function holds({ limit, keeping }: LimitStanding, wish: Omit<DailyLimit, 'set_at'>): boolean {
  if (!isSet(wish)) return keeping === 'no_limit';
  return limit?.tokens === wish.tokens && limit?.usd === wish.usd;
}

/** Of two the later counts, by the clocks of the computers that set them. */
function setLater(): AppError {
  return new AppError('conflict', 'Nothing was changed: the machine has a daily limit that was set later', {
    next: 'Call gateway_status to see it. If nobody set one since, the clock of this computer or of another is wrong: set it right, then repeat the call.',
  });
}
