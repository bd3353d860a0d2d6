/** A booted machine: its first process, its network and the commands in it. */
import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { bootMark, type MachineBoot, type RunningMachine } from '../runtimes/runtime.ts';
import { runInside } from './command.ts';
import { endNamespace } from './end-namespace.ts';
import { type InheritedTrust, machineEnvironment } from './environment.ts';
import { type Init, startInit } from './init.ts';
import { emptyScratch, processIdentity, recordFile } from './leftover.ts';
import { connectorInto } from './network/connector.ts';
import { type LoopbackTarget, loopbackTargets } from './network/forwards.ts';
import { type MachineNetwork, openNetwork } from './network/network.ts';
import type { Tools } from './tools.ts';

export interface MachineOptions {
  tools: Tools;
  clock: Clock;
  trust: InheritedTrust;
  /** Forwards of earlier boots, opened again; `remember` is told of those that this boot is asked for. */
  known: readonly LoopbackTarget[];
  remember: (targets: readonly LoopbackTarget[]) => void;
}

/** Boots a machine. @throws AppError `unavailable` or `timeout`; nothing is left running then */
export async function bootMachine(options: MachineOptions, boot: MachineBoot): Promise<RunningMachine> {
  const { tools, trust, remember } = options;
  const { env: own, copies } = machineEnvironment(trust);
  const env = { ...own, ...bootMark() };
  const init = await startInit(tools, boot, copies, options.clock);
  const network = await connected(options, boot, init);
  const inside = { tools, init, scratchDir: boot.scratchDir, clock: options.clock };
  const connector = connectorInto(tools, init, options.clock);
  const commands = new Set<Promise<void>>();
  let stopping = false;

  return {
    run: (spec) => {
      const targets = loopbackTargets(spec.env);
      remember(targets);
      const running = runInside(inside, spec, { ...env, ...spec.env }, network.forward(targets));
      const gone = running.gone.finally(() => commands.delete(gone));
      commands.add(gone);
      return running.command;
    },
    connect: (port) => connector.connect(port),
    stop: async () => {
      stopping = true;
      network.close();
      connector.close();
      const over = () => !init.alive() && commands.size === 0;
      await endNamespace({ first: init.pid, namespace: init.namespace, over, clock: options.clock });
      await emptyScratch(boot);
    },
    died: init.exited.then(() => {
      network.close();
      connector.close();
      // Whoever asked for the end does not want to be told of it.
      return stopping ? new Promise<void>(() => {}) : undefined;
    }),
  };
}

async function connected(options: MachineOptions, boot: MachineBoot, init: Init): Promise<MachineNetwork> {
  const { tools, clock, trust } = options;
  const { NPM_CONFIG_REGISTRY } = trust.env;
  const registry = NPM_CONFIG_REGISTRY === undefined ? [] : loopbackTargets({ NPM_CONFIG_REGISTRY });
  try {
    await writeFile(recordFile(boot), JSON.stringify(await processIdentity(init.pid)), { mode: 0o600 });
    return await openNetwork({
      tools,
      init,
      clock,
      hostEnv: trust.env,
      known: [...options.known, ...registry],
    });
  } catch (error) {
    init.kill();
    await init.exited;
    await emptyScratch(boot);
    throw error;
  }
}
