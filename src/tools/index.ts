/** The table of contents: every tool of the server, in the order in which a person would meet them. */
import type { Tool } from '../mcp/define-tool.ts';
import { cancelOperation } from './cancel-operation.ts';
import { chat } from './chat.ts';
import { deployOpenclaw } from './deploy-openclaw.ts';
import { destroyMachine } from './destroy-machine.ts';
import { gatewayStatus } from './gateway-status.ts';
import { getOperation } from './get-operation.ts';
import { listMachines } from './list-machines.ts';
import { listSessions } from './list-sessions.ts';
import { readLogs } from './read-logs.ts';
import { readSession } from './read-session.ts';
import type { Services } from './services.ts';
import { sleepMachine } from './sleep-machine.ts';
import { wakeMachine } from './wake-machine.ts';

export const tools: readonly Tool<Services>[] = [
  deployOpenclaw,
  getOperation,
  cancelOperation,
  listMachines,
  wakeMachine,
  sleepMachine,
  gatewayStatus,
  chat,
  listSessions,
  readSession,
  readLogs,
  destroyMachine,
];
