/** The host that shows this page: what it hands over, how it looks, and the only way out, calls of a few tools. */
import {
  App,
  applyDocumentTheme,
  applyHostStyleVariables,
  type McpUiHostContext,
} from '@modelcontextprotocol/ext-apps/app-with-deps';
import { version } from '../../package.json';
import { mayCall } from './called.ts';
import type { Call } from './follow.ts';
import { type Fields, fields } from './told/read.ts';
import type { CallResult } from './told/results.ts';

/** What a host tells of the call that this page stands beside. */
export interface Beside {
  tool: string | undefined;
  input: Fields;
  result: CallResult | undefined;
  cancelled: boolean;
}

export interface Host {
  call: Call;
  /** Calls `told` at once and whenever there is more to tell. */
  watch(told: (beside: Beside) => void): void;
}

/** @throws Error when no host answers. */
export async function connectHost(): Promise<Host> {
  const app = new App({ name: 'openclaw-dedalus-view', version }, {});
  let beside: Beside = { tool: undefined, input: {}, result: undefined, cancelled: false };
  let tell: (beside: Beside) => void = () => {};
  const know = (more: Partial<Beside>) => {
    beside = { ...beside, ...more };
    tell(beside);
  };
  app.ontoolinput = ({ arguments: input }) => know({ input: fields(input) });
  app.ontoolresult = (result) => know({ result });
  app.ontoolcancelled = () => know({ cancelled: true });
  app.onhostcontextchanged = (context) => {
    look(context);
    if (context.toolInfo !== undefined) know({ tool: context.toolInfo.tool.name });
  };
  await app.connect();
  const context = app.getHostContext() ?? {};
  look(context);
  know({ tool: context.toolInfo?.tool.name });
  return {
    async call(tool, args) {
      if (!mayCall(tool, args)) throw new Error('This page does not call that tool.');
      return app.callServerTool({ name: tool, arguments: args });
    },
    watch(told) {
      tell = told;
      told(beside);
    },
  };
}

/** Colours and letters of the host, where it says; the page has its own. */
function look({ theme, styles }: McpUiHostContext): void {
  if (theme !== undefined) applyDocumentTheme(theme);
  if (styles?.variables !== undefined) applyHostStyleVariables(styles.variables);
}
