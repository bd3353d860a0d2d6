/** Where packages come from. What arrives in the clear can be changed on its way, and so can the sums beside it. */
import { childEnvironment } from '../process/environment.ts';
import { SidecarError } from '../sidecar-error.ts';

/**
 * The machine's own registry wins: behind a proxy it is the only one that answers.
 * @throws SidecarError `insecure_source`.
 */
export function registryOf(wished: string): string {
  const { NPM_CONFIG_REGISTRY, npm_config_registry } = childEnvironment();
  const registry = (NPM_CONFIG_REGISTRY || npm_config_registry || wished).replace(/\/$/, '');
  requireSecure(registry);
  return registry;
}

/** Only this machine itself may serve without https. @throws SidecarError `insecure_source`. */
export function requireSecure(url: string): void {
  if (!/^https:\/\/./.test(url) && !isOnLoopback(url)) throw new SidecarError('insecure_source');
}

export function isOnLoopback(url: string): boolean {
  return /^http:\/\/(?:127(?:\.[0-9]{1,3}){3}|localhost|\[::1\])(?::[0-9]{1,5})?(?:\/|$)/.test(url);
}
