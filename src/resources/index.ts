/** The resources of this server: a machine's status and log, a conversation, a page. Reading one never wakes a machine. */
import type { WaitOptions } from '../core/abort.ts';
import type { Machine } from '../dedalus/api.ts';
import type { ResourceSet, Variables } from '../mcp/resources.ts';
import type { Services } from '../tools/services.ts';
import { TURN } from '../workflows/chat/turn.ts';
import { isAlive, safePhase } from '../workflows/power/machine-phase.ts';
import { viewPage } from './view-page.ts';

// Read as a whole into a conversation, so less than the tools would give.
const LOG_LINES = 100;
const MESSAGES = 40;
const SESSIONS = 100;

export const resources: ResourceSet<Services> = {
  pages: [viewPage],
  templates: [
    {
      name: 'status',
      title: 'Status',
      description: 'What works on a machine and what does not, layer by layer.',
      uriTemplate: 'openclaw://machines/{machine_id}/status',
      tool: 'gateway_status',
      args: ({ machine_id }) => ({ machine_id }),
    },
    {
      name: 'logs',
      title: 'Log',
      description: "The newest lines of the gateway's log. Only of a machine that is awake.",
      uriTemplate: 'openclaw://machines/{machine_id}/logs',
      tool: 'read_logs',
      args: ({ machine_id }) => ({ machine_id, lines: LOG_LINES }),
    },
    {
      name: 'session',
      title: 'Conversation',
      description: 'The newest messages of one conversation. Only of a machine that is awake.',
      uriTemplate: 'openclaw://machines/{machine_id}/sessions/{session}',
      tool: 'read_session',
      args: ({ machine_id, session }) => ({ machine_id, session, limit: MESSAGES }),
    },
  ],

  async known(services, options) {
    const [all, names] = await Promise.all([living(services, options), services.directory.names()]);
    return all.flatMap(({ machineId, phase }) => {
      const title = `${names.get(machineId) ?? 'unnamed'} (${machineId}, ${safePhase(phase)})`;
      const variables = { machine_id: machineId };
      const readable = phase === 'running' ? ['status', 'logs'] : ['status'];
      return readable.map((template) => ({ template, variables, title }));
    });
  },

  async complete(variable, prefix, others, services, options) {
    if (variable === 'machine_id') return machineIds(prefix, services, options);
    if (variable === 'session') return sessionNames(prefix, others, services, options);
    return [];
  },
};

/** By the beginning of an id, or of the name that a machine has on this computer. */
async function machineIds(prefix: string, services: Services, options: WaitOptions): Promise<string[]> {
  const [all, names] = await Promise.all([living(services, options), services.directory.names()]);
  return all
    .map(({ machineId }) => machineId)
    .filter((id) => id.startsWith(prefix) || (names.get(id) ?? '').startsWith(prefix));
}

/** Of chats from here: what a machine calls its sessions is a stranger's, and has no place in a person's input line. */
async function sessionNames(
  prefix: string,
  { machine_id }: Variables,
  services: Services,
  options: WaitOptions,
) {
  const id = await services.directory.resolve(machine_id, options);
  const turns = (await services.operations.list('all')).filter(({ kind }) => kind === TURN);
  const names = turns.flatMap(({ input, foreign }) =>
    input.machineId === id && typeof input.session === 'string' && !foreign ? [input.session] : [],
  );
  return [...new Set(names)].filter((name) => name.startsWith(prefix)).slice(0, SESSIONS);
}

async function living({ machines }: Services, options: WaitOptions): Promise<Machine[]> {
  return (await machines.list(options)).filter(isAlive);
}
