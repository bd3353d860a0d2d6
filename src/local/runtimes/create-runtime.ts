/** Chooses how machines are isolated on this computer, and says why when it is not the better way. */
import { AppError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { namespaceRuntime, probeNamespace } from '../namespace/index.ts';
import { type Env, hostTrust } from './host-trust.ts';
import { processRuntime } from './process-runtime.ts';
import type { Runtime } from './runtime.ts';

export interface RuntimeChoice {
  /** This computer's environment. */
  env: Env;
  log: Log;
  /** Insisted on by the user; else namespaces where they work. */
  wanted: Runtime['name'] | undefined;
}

/**
 * @throws AppError `unsupported` when namespaces are insisted on and do not work here, or when they would make this
 * computer the machines' own and nobody insists on processes.
 */
export async function createRuntime({ env, log, wanted }: RuntimeChoice): Promise<Runtime> {
  const trust = await hostTrust(env);
  if (wanted === 'process') return processRuntime({ env, trust });
  const probe = await probeNamespace();
  if (probe.available) return namespaceRuntime({ trust });
  if (wanted === 'namespace') {
    throw new AppError('unsupported', probe.reason, {
      next: 'Leave out --runtime, or use --runtime process.',
    });
  }
  if (probe.refused) {
    throw new AppError('unsupported', probe.reason, {
      next: 'Start it as an ordinary user. "local serve --runtime process" runs machines without isolation instead.',
    });
  }
  log.warn(`${probe.reason} Local machines are ordinary processes of this computer instead.`);
  return processRuntime({ env, trust });
}
