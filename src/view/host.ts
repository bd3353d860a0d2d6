/** The host that shows this page: what it hands over, how it looks, and the few tools that the page may call through it. */
import {
  App,
  applyDocumentTheme,
  applyHostStyleVariables,
  type McpUiHostContext,
} from '@modelcontextprotocol/ext-apps/app-with-deps';
import { version } from '../../package.json';
import { type Beside, heard, UNTOLD } from './beside.ts';
import { mayCall } from './called.ts';
import type { Call } from './follow.ts';
import { fields } from './told/read.ts';

export interface Host {
  call: Call;
  /** Calls `told` at once and whenever there is more to tell. */
  watch(told: (beside: Beside) => void): void;
  /** Calls `end` when the host is about to take the page away. */
  onEnd(end: () => void): void;
}

// The protocol's number for what the other side does not know.
const METHOD_NOT_FOUND = -32601;

/** @throws Error when no host answers. */
export async function connectHost(): Promise<Host> {
  const app = new App({ name: 'openclaw-dedalus-view', version }, {}, { autoResize: false });
  let beside = UNTOLD;
  let tell: (beside: Beside) => void = () => {};
  const know = (more: Partial<Beside>) => {
    beside = heard(beside, more);
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
  tellHeight(app);
  const context = app.getHostContext() ?? {};
  look(context);
  know({ tool: context.toolInfo?.tool.name });
  return {
    async call(tool, args) {
      if (!mayCall(tool, args)) throw new Error('This page does not call that tool.');
      try {
        return await app.callServerTool({ name: tool, arguments: args });
      } catch (error) {
        throw isUnknownMethod(error) ? new Error(NO_CALLS) : error;
      }
    },
    watch(told) {
      tell = told;
      told(beside);
    },
    onEnd(end) {
      app.onteardown = async () => {
        end();
        return {};
      };
    },
  };
}

/** Only the height is the page's to say: hosts take a width for a wish, and leave it so narrow when there is room again. */
function tellHeight(app: App): void {
  let told = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    app.sendSizeChanged({ height }).catch(() => {});
  }).observe(document.body);
}

const NO_CALLS = 'This client does not let the page ask anything; ask for it in the conversation.';

function isUnknownMethod(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === METHOD_NOT_FOUND;
}

/** Colours and letters of the host, where it says; the page has its own. */
function look({ theme, styles }: McpUiHostContext): void {
  if (theme !== undefined) applyDocumentTheme(theme);
  if (styles?.variables !== undefined) applyHostStyleVariables(styles.variables);
}
