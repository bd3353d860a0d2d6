/** The local API for the demo: isolated machines where this computer can make them, else plain processes, and it says which. */
import type { Environment } from '../config/config.ts';
import { hostTrust } from '../local/host-trust.ts';
import { namespaceRuntime, probeNamespace } from '../local/namespace/index.ts';
import { processRuntime } from '../local/process-runtime.ts';
import type { Runtime } from '../local/runtime.ts';
import { serveLocal } from '../local/serve.ts';
import type { LocalApi } from './demo-run.ts';

export interface LocalApiOptions {
  /** Everything of the API and its machines lies under it. */
  stateDir: string;
  env: Environment;
  /** Takes one line for the person at the computer. */
  note: (line: string) => void;
}

/** Starts a local API in this process. */
export async function startLocalApi({ stateDir, env, note }: LocalApiOptions): Promise<LocalApi> {
  const runtime = await bestRuntime(env, note);
  return serveLocal({ stateDir, runtime });
}

async function bestRuntime(env: Environment, note: (line: string) => void): Promise<Runtime> {
  const trust = await hostTrust(env);
  const probe = await probeNamespace();
  if (probe.available) {
    note('The machine is isolated: namespaces, its own home, its own loopback.');
    return namespaceRuntime({ trust });
  }
  note(`${probe.reason} So the machine is plain processes of yours in a folder of their own.`);
  return processRuntime({ env, trust });
}
