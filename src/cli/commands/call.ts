/** Calls a tool for a command and waits for its end, with progress for the person; the wait can end before the work. */
import * as z from 'zod';
import { version } from '../../../package.json';
import type { AskPerson } from '../../mcp/ask-person.ts';
import type { CallContext, ProgressUpdate, Tool, ToolOutcome } from '../../mcp/define-tool.ts';
import { getOperation } from '../../tools/get-operation.ts';
import type { Services } from '../../tools/services.ts';

/** What every result may say about itself. */
const told = z.looseObject({
  status: z.string().optional(),
  operation_id: z.string().optional(),
  machine_id: z.string().optional(),
  reply: z.string().optional(),
  error: z.looseObject({ code: z.string() }).optional(),
  exit_code: z.number().optional(),
});

export type Told = z.output<typeof told>;

export interface Answer {
  outcome: ToolOutcome<unknown>;
  told: Told;
}

export interface CallOptions {
  services: Services;
  signal: AbortSignal;
  ask?: AskPerson | undefined;
  /** Where the person is: files may be saved there. */
  folder?: (() => string) | undefined;
  onProgress?: ((update: ProgressUpdate) => void) | undefined;
  /** Learns what the wait is for, before it begins. */
  onOperation?: ((id: string) => void) | undefined;
}

/** How the history names these calls. */
const CLIENT = { name: 'command line', version };

// The longest that one call takes; the wait goes on with the next.
const WAIT_SECONDS = 600;

/** Begins it and returns at once where it takes long: its status is "running" then. @throws as the tool. */
export async function begin(
  tool: Tool<Services>,
  args: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<Answer> {
  const asked = 'wait_seconds' in tool.input.shape ? { ...args, wait_seconds: 0 } : args;
  return answer(await tool.call(asked, context(options)));
}

/** Follows what runs until it ends. @throws the signal's reason when the wait is ended first. */
export async function toTheEnd(begun: Answer, options: CallOptions): Promise<Answer> {
  const id = begun.told.operation_id;
  if (begun.told.status !== 'running' || id === undefined) return begun;
  options.onOperation?.(id);
  for (;;) {
    const args = { operation_id: id, wait_seconds: WAIT_SECONDS };
    const seen = answer(await getOperation.call(args, context(options)));
    if (seen.told.status !== 'running') return seen;
  }
}

function answer(outcome: ToolOutcome<unknown>): Answer {
  return { outcome, told: told.parse(outcome.data) };
}

function context({ services, signal, ask, folder, onProgress }: CallOptions): CallContext<Services> {
  const roots = folder && (async () => [folder()]);
  const allowedFolders = { ...services.allowedFolders, typedIn: folder?.() };
  return {
    services: { ...services, allowedFolders },
    signal,
    ask,
    roots,
    progress: onProgress,
    client: CLIENT,
  };
}
