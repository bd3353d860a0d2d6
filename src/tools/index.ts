/** The table of contents: every tool of the server, in the order in which a person would meet them. */
import { AppError } from '../core/errors.ts';
import type { Tool } from '../mcp/define-tool.ts';
import { withFixedField } from '../mcp/fixed-field.ts';
import { backupOpenclaw } from './backup-openclaw.ts';
import { cancelOperation } from './cancel-operation.ts';
import { chat } from './chat.ts';
import { configureOpenclaw } from './configure-openclaw.ts';
import { deployOpenclaw } from './deploy-openclaw.ts';
import { destroyMachineTool } from './destroy-machine.ts';
import { files } from './files.ts';
import { gatewayStatus } from './gateway-status.ts';
import { getOperation } from './get-operation.ts';
import { history } from './history.ts';
import { listMachines } from './list-machines.ts';
import { listSessions } from './list-sessions.ts';
import { readLogs } from './read-logs.ts';
import { readSession } from './read-session.ts';
import { repairOpenclaw } from './repair-openclaw.ts';
import { runOpenclaw } from './run-openclaw.ts';
import type { Services } from './services.ts';
import { sleepMachine } from './sleep-machine.ts';
import { upgradeOpenclaw } from './upgrade-openclaw.ts';
import { withView } from './views.ts';
import { wakeMachine } from './wake-machine.ts';

/** How much of the server its owner hands out. */
export interface ToolMode {
  /** Only what changes and bills nothing. */
  readOnly: boolean;
  /** Only these, by name; all when undefined. */
  only: readonly string[] | undefined;
  /** The one machine that every call means. */
  machineId: string | undefined;
  /** Whether destroying needs consent. */
  confirm: boolean;
}

/** Every tool, as a server without any limits lists them. */
export const tools: readonly Tool<Services>[] = everyTool(true);

/** The tools that are listed, and can be called, in a mode. @throws AppError `config` that names the unknown ones. */
export function toolsFor({ readOnly, only, machineId, confirm }: ToolMode): readonly Tool<Services>[] {
  const every = everyTool(confirm);
  const unknown = (only ?? []).filter((name) => !every.some((tool) => tool.name === name));
  if (unknown.length > 0) {
    throw new AppError('config', `--tools names tools that there are not: ${unknown.join(', ')}`, {
      next: `Choose from ${every.map((tool) => tool.name).join(',')}.`,
    });
  }
  return every
    .flatMap((tool) => (readOnly ? readingPart(tool) : tool))
    .filter((tool) => only === undefined || only.includes(tool.name))
    .map((tool) => (machineId === undefined ? tool : withFixedField(tool, 'machine_id', machineId)));
}

const readingPart = (tool: Tool<Services>) => (tool.effect === 'read' ? tool : (tool.reading ?? []));

function everyTool(confirm: boolean): readonly Tool<Services>[] {
  return inOrder(confirm).map(withView);
}

function inOrder(confirm: boolean): readonly Tool<Services>[] {
  return [
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
    files,
    repairOpenclaw,
    configureOpenclaw,
    upgradeOpenclaw,
    backupOpenclaw,
    runOpenclaw,
    history,
    destroyMachineTool(confirm),
  ];
}
