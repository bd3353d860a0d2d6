/** Completion: what a person may mean while they type an argument of a resource or a prompt. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CompleteRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { onAppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Redact } from '../core/redact.ts';
import { inOurWords, type Variables } from './resources.ts';

/** Values of `argument` that fit what was typed so far, given the arguments already chosen. */
export type Complete = (
  argument: string,
  prefix: string,
  others: Variables,
  options: { signal: AbortSignal },
) => Promise<string[]>;

// The protocol's own bound.
const MAX_VALUES = 100;

/** Answers `completion/complete`. To be called before the server is connected. */
export function serveCompletions(server: Server, complete: Complete, redact: Redact, log: Log): void {
  server.registerCapabilities({ completions: {} });
  server.setRequestHandler(CompleteRequestSchema, async ({ params: { argument, context } }, { signal }) => {
    const others = context?.arguments ?? {};
    const values = await inOurWords(log, redact, () =>
      orNothing(complete(argument.name, argument.value, others, { signal })),
    );
    return {
      completion: {
        values: values.slice(0, MAX_VALUES).map(redact),
        total: values.length,
        hasMore: values.length > MAX_VALUES,
      },
    };
  });
}

/** An account that cannot be reached while somebody types is no error worth showing. */
async function orNothing(values: Promise<string[]>): Promise<string[]> {
  return values.catch(onAppError([]));
}
