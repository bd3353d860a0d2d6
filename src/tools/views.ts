/** Which tools show the page that clients with MCP Apps put beside a result, and which of them that page may call. */
import { version } from '../../package.json';
import type { Tool } from '../mcp/define-tool.ts';
import { CALLED } from '../view/called.ts';

/** Where hosts read the page. Some keep a page by its address for good, so each version has one of its own. */
export const VIEW_URI = `ui://openclaw-dedalus/${version}/view.html`;
/** Those of all versions: a host may still hold the tools of an earlier one. */
export const VIEW_URIS = /^ui:\/\/openclaw-dedalus\/(?:[\w.+-]{1,60}\/)?view\.html$/;

// The address under the key that it had before the extension was settled: some hosts look for nothing else.
const EARLIER_KEY = 'ui/resourceUri';

// Those whose results are easier to look at than to read.
const SHOWN = new Set([
  'deploy_openclaw',
  'wake_machine',
  'upgrade_openclaw',
  'backup_openclaw',
  'repair_openclaw',
  'get_operation',
  'gateway_status',
  'list_machines',
  'chat',
  'read_session',
]);

/**
 * `tool` with what hosts need to know of the page; a model sees nothing of it. A host may carry out a click in the page
 * without asking the person, so the page may call only the tools that are marked here for it. A result may bring the page a
 * confirmation, but it cannot use one: no tool that takes confirmations is among them.
 */
export function withView<Services>(tool: Tool<Services>): Tool<Services> {
  const shown = SHOWN.has(tool.name);
  const ui = {
    ...(shown && { resourceUri: VIEW_URI }),
    visibility: CALLED.includes(tool.name) ? ['model', 'app'] : ['model'],
  };
  const meta = { ...tool.meta, ui, ...(shown && { [EARLIER_KEY]: VIEW_URI }) };
  const { reading } = tool;
  return { ...tool, meta, ...(reading && { reading: withView(reading) }) };
}
