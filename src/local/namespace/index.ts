/**
 * The runtime that isolates local machines with Linux namespaces: as the ordinary user who may use them, or, for a
 * server of root, as a user id that owns nothing else.
 *
 * Not modelled: raw TCP and UDP out, ICMP and DNS inside (the only way out is the HTTP proxy in HTTPS_PROXY, which
 * also tunnels TCP by CONNECT; loopback services of the host that an execution's `*_URL` names are forwarded);
 * user ids other than root (one id is mapped; `chown` to another fails); CPU, memory and storage limits (the
 * disposable root is a tmpfs of 2.4 GB); mounts, devices, cgroups, /sys and an init system inside; package managers
 * that need several user ids; writing into the system's folders under /usr, which belong to the computer's root.
 * A command's process group is known by its number only outside, so inside `ps -o pgid` shows 0.
 */
import { type Clock, systemClock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { InheritedTrust } from './environment.ts';
import { killRecorded } from './leftover.ts';
import { bootMachine } from './machine.ts';
import { type LoopbackTarget, sameTarget } from './network/forwards.ts';
import { findTools, type Tools } from './tools.ts';

export type { InheritedTrust } from './environment.ts';
export { type Probe, probeNamespace } from './probe.ts';

export interface NamespaceRuntimeOptions {
  /** What machines inherit of the computer: its proxy decides the proxy's way, its CA files are copied inside. */
  trust: InheritedTrust;
  clock?: Clock;
  tools?: Tools | { missing: string[] };
}

/** The runtime. Ask `probeNamespace` first: @throws AppError `unsupported` when a needed program is missing */
export function namespaceRuntime(options: NamespaceRuntimeOptions): Runtime {
  const { trust, clock = systemClock, tools = findTools() } = options;
  if ('missing' in tools) {
    throw new AppError('unsupported', `Isolated machines need ${tools.missing.join(', ')}`);
  }
  // A process that was told of a loopback service once expects it after a wake too.
  const forwards = new Map<string, LoopbackTarget[]>();
  return {
    name: 'namespace',
    boot: (boot) => {
      const known = forwards.get(boot.machineId) ?? [];
      forwards.set(boot.machineId, known);
      const remember = (targets: readonly LoopbackTarget[]) => {
        known.push(...targets.filter((target) => !known.some((other) => sameTarget(other, target))));
      };
      return bootMachine({ tools, clock, trust, known: [...known], remember }, boot);
    },
    cleanUp: (boot) => killRecorded(boot, clock),
  };
}
