/** Which tools show the page that clients with MCP Apps put beside a result, and which of them that page may call. */
import type { Tool } from '../mcp/define-tool.ts';
import { CALLED } from '../view/called.ts';

/** Where hosts read the page. */
export const VIEW_URI = 'ui://openclaw-dedalus/view.html';

// Before the extension was settled its address lay flat among the others: some hosts look for nothing else.
const EARLIER_KEY = 'ui/resourceUri';

// Where a person would rather look than read.
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
 * `tool` with what hosts need to know of the page; a model sees nothing of it. Hosts need not ask a person about a
 * click, and refuse the page every tool that is the model's alone. A confirmation that a host hands the page with a
 * result is worth nothing there, since what takes one is refused.
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
