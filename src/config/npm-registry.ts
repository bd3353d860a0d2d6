/** npm's own default registry, so that a machine without any npm settings asks where npm itself would ask. */
import npmDefaults from 'npm-registry-fetch/lib/default-opts.js';

export const DEFAULT_NPM_REGISTRY: string = npmDefaults.registry;
