/** A machine's network as seen from the host: the proxy out and the forwarded loopback ports. */
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../../core/clock.ts';
import { PROXY_PORT } from '../environment.ts';
import type { Init } from '../init.ts';
import type { Tools } from '../tools.ts';
import { egressProxy } from './egress-proxy.ts';
import { forwardTo, type LoopbackTarget, listenAddress } from './forwards.ts';
import { type Listener, listenInside } from './listeners.ts';

/**
 * Of one machine at once, to the outside and to forwarded ports together. A process usually may have 1,024 files open at
 * first, and other machines and the API need theirs; an installer opens at most 64.
 */
const MAX_CONNECTIONS = 256;

export interface MachineNetwork {
  /** Opens what is not open yet; a port that a process inside has taken is left to it. */
  forward(targets: readonly LoopbackTarget[]): Promise<void>;
  /** Ends every connection; sockets left open would keep the network namespace alive. */
  close(): void;
}

export interface NetworkOptions {
  tools: Tools;
  init: Init;
  clock: Clock;
  /** The host's proxy variables. */
  hostEnv: Readonly<Record<string, string>>;
  /** Forwards that an earlier boot of this machine had. */
  known: readonly LoopbackTarget[];
}

/** Opens the proxy and the known forwards. @throws AppError `unavailable` or `timeout` */
export async function openNetwork(options: NetworkOptions): Promise<MachineNetwork> {
  const { tools, init, clock } = options;
  const proxy = egressProxy(options.hostEnv);
  const servers = new Set<Server>();
  const sockets = new Set<Socket>();
  const open = new Map<string, Promise<void>>();
  let closed = false;

  const listen = async (listeners: readonly Listener[]) => {
    const tracked = listeners.map((listener) => ({
      ...listener,
      serve: (socket: Socket) => {
        if (sockets.size >= MAX_CONNECTIONS) return socket.destroy();
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        listener.serve(socket);
      },
    }));
    const opened = await listenInside(tools, init, tracked, clock);
    for (const server of opened) if (server) servers.add(server);
    if (closed) for (const server of servers) server.close();
    return opened;
  };

  const openForward = async (target: LoopbackTarget) => {
    const key = keyOf(target);
    try {
      const [server] = await listen([forwarder(target)]);
      // Taken inside for now; a later execution may find it free.
      if (server === undefined) open.delete(key);
    } catch (error) {
      open.delete(key);
      throw error;
    }
  };

  const known = distinct(options.known);
  const boot = listen([
    { address: '127.0.0.1', port: PROXY_PORT, serve: (socket) => proxy.serve(socket) },
    ...known.map(forwarder),
  ]);
  for (const target of known) open.set(keyOf(target), Promise.resolve());
  await boot;

  return {
    forward: async (targets) => {
      await Promise.all(
        distinct(targets).map((target) => {
          const opening = open.get(keyOf(target)) ?? openForward(target);
          open.set(keyOf(target), opening);
          return opening;
        }),
      );
    },
    close: () => {
      closed = true;
      proxy.close();
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function forwarder(target: LoopbackTarget): Listener {
  return { address: listenAddress(target), port: target.port, serve: forwardTo(target) };
}

function keyOf(target: LoopbackTarget): string {
  return `${listenAddress(target)} ${target.port}`;
}

function distinct(targets: readonly LoopbackTarget[]): LoopbackTarget[] {
  return [...new Map(targets.map((target) => [keyOf(target), target])).values()];
}
