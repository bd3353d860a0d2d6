/** Puts the gateway's abilities together behind one port. */
import { type Clock, systemClock } from '../core/clock.ts';
import type { MachineService } from '../machine/ports.ts';
import { readLogs } from './logs.ts';
import type { GatewayService } from './ports.ts';
import { listSessions, restoreSession, sessionState } from './sessions.ts';
import { readSession } from './transcript.ts';
import { cancelTurn, readTurn, startTurn, takesImages } from './turns.ts';

export interface GatewayDeps {
  machines: Pick<MachineService, 'run'>;
  clock?: Clock | undefined;
}

export function gatewayService({ machines, clock = systemClock }: GatewayDeps): GatewayService {
  const turns = { machines, clock, followed: new Map() };
  return {
    takesImages: (machineId, options) => takesImages(turns, machineId, options),
    startTurn: (machineId, turn, options) => startTurn(turns, machineId, turn, options),
    readTurn: (machineId, turnId, options) => readTurn(turns, machineId, turnId, options),
    cancelTurn: (machineId, turnId, options) => cancelTurn(turns, machineId, turnId, options),
    listSessions: (machineId, options) => listSessions(machines, machineId, options),
    sessionState: (machineId, options) => sessionState(machines, machineId, options),
    restoreSession: (machineId, options) => restoreSession(machines, machineId, options),
    readSession: (machineId, options) => readSession(machines, machineId, options),
    readLogs: (machineId, options) => readLogs(machines, machineId, options),
  };
}
