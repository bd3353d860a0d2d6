/** Releases with published holes are put on a machine only when somebody said so. */
import semver from 'semver';
import { AppError } from '../../core/errors.ts';
import { MINIMUM_SAFE_VERSION } from '../../openclaw/catalog/settings.ts';

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
