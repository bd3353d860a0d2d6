/** Decides which OpenClaw a deploy installs: where an assistant works already, the one it has; only an upgrade changes that. */
import semver from 'semver';
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import { MINIMUM_SAFE_VERSION } from '../../openclaw/catalog/settings.ts';
import { COMMENTS_NOTE } from '../../openclaw/configure/configure.ts';
import type { InstallPlan, OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { parseStored } from '../../operations/record.ts';

export interface VersionWish {
  /** Set for a machine that was there before this deploy. */
  machineId?: string | undefined;
  /** A version or dist-tag. */
  openclawVersion?: string | undefined;
  allowUnsafeVersion?: boolean | undefined;
}

/** Decided once: a later run of the same deploy finds on the machine what this one has installed. */
export const versionState = z.object({ openclawVersion: z.string().optional() });

/**
 * @throws AppError `conflict` when another version is wanted than the one with which an assistant lives there,
 *   `invalid_input` for an unsafe release that was not allowed, and what OpenClawService throws.
 */
export async function decidedPlan(
  operation: OperationHandle,
  openclaw: OpenClawService,
  machineId: string,
  wish: VersionWish,
): Promise<InstallPlan> {
  const { openclawVersion: decided } = parseStored(versionState, operation.record.state);
  if (decided !== undefined) return openclaw.resolve(machineId, decided, operation);
  const seen = wish.machineId === undefined ? undefined : await openclaw.probe(machineId, operation);
  // One that never started may be replaced by any other.
  const installed = seen?.has_worked ? seen.openclaw_version : undefined;
  const plan = await openclaw.resolve(machineId, wish.openclawVersion ?? installed, {
    signal: operation.signal,
    seen,
  });
  if (installed === undefined) {
    // A tag says only now which release it stands for.
    requireSafeVersion(plan.openclawVersion, wish.allowUnsafeVersion);
  } else if (plan.openclawVersion !== installed) {
    throw new AppError(
      'conflict',
      `The assistant on this machine runs another version than OpenClaw ${plan.openclawVersion}, and a deploy changes no version; nothing was changed`,
      {
        next: `Call upgrade_openclaw with machine_id "${machineId}" and openclaw_version "${plan.openclawVersion}": it keeps the state and can go back. Or leave openclaw_version out.`,
      },
    );
  }
  if (seen?.has_comments) await operation.note(COMMENTS_NOTE);
  for (const warning of plan.warnings) await operation.note(warning);
  await operation.save({ openclawVersion: plan.openclawVersion });
  return plan;
}

/**
 * Whether a release is below the minimum safe one; false for what is no version (a dist-tag).
 * @param version such as 2026.9.6.
 */
export function isUnsafeVersion(version: string): boolean {
  return semver.valid(version) !== null && semver.lt(version, MINIMUM_SAFE_VERSION);
}

/** @throws AppError `invalid_input` for an unsafe release that was not allowed. */
export function requireSafeVersion(version: string | undefined, allowed: boolean | undefined): void {
  if (version === undefined || allowed === true || !isUnsafeVersion(version)) return;
  throw new AppError(
    'invalid_input',
    `OpenClaw releases before ${MINIMUM_SAFE_VERSION} have published holes, so this one was not installed`,
    {
      next: `Leave openclaw_version out for the tested one. Only if the person knows of the holes and wants it all the same: call again with allow_unsafe_version true.`,
    },
  );
}
