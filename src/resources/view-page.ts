/** The page that hosts with MCP Apps show beside results: a file of its own, read only when a host asks for it. */
import { readFile } from 'node:fs/promises';
import { AppError } from '../core/errors.ts';
import type { Page } from '../mcp/resources.ts';
import { VIEW_URI, VIEW_URIS } from '../tools/views.ts';

// The build puts it beside the program.
const FILE = new URL('./view.html', import.meta.url);

export const viewPage: Page = {
  uri: VIEW_URI,
  uris: VIEW_URIS,
  name: 'view',
  title: 'View',
  description: 'What results say, to look at: stages with their times, machines, status, conversations.',
  mimeType: 'text/html;profile=mcp-app',
  // Nothing is named that it may load or reach: hosts then let it do neither.
  meta: { ui: { csp: {}, prefersBorder: true } },
  async read() {
    try {
      return await readFile(FILE, 'utf8');
    } catch (error) {
      throw new AppError('unsupported', 'The page is missing from this installation', {
        next: 'Install openclaw-dedalus-mcp again, or go on without the page: every result is complete without it.',
        cause: error,
      });
    }
  },
};
