/** Asks the person at the client for consent, where the client can do that; whatever is not a clear yes counts as a no. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';

/**
 * - agreed: a person ticked the box and sent the form
 * - refused: they declined, or sent it without the tick
 * - unanswered: cancelled, timed out, failed, or answered with something else (clients without a person cancel at once)
 */
export type Answer = 'agreed' | 'refused' | 'unanswered';

/** A yes-or-no question to a person. Our own words only: clients show it as coming from us. */
export interface Question {
  message: string;
  /** The box that has to be ticked. */
  consent: string;
}

export type AskPerson = (question: Question, options: { signal: AbortSignal }) => Promise<Answer>;

// Within the 45 s that a tool call may take; a client whose form never comes back costs no more than this.
const ANSWER_TIMEOUT_MS = 40_000;

/** A function that asks, or undefined where the client does not declare that it can ask people. */
export function personBehind(server: Server, timeoutMs = ANSWER_TIMEOUT_MS): AskPerson | undefined {
  if (server.getClientCapabilities()?.elicitation?.form === undefined) return undefined;
  return async ({ message, consent }, { signal }) => {
    try {
      const { action, content } = await server.elicitInput(
        {
          mode: 'form',
          message,
          requestedSchema: {
            type: 'object',
            properties: { consent: { type: 'boolean', title: consent, default: false } },
            required: ['consent'],
          },
        },
        { signal, timeout: timeoutMs },
      );
      if (action !== 'accept' || content === undefined) return action === 'cancel' ? 'unanswered' : 'refused';
      if (typeof content.consent !== 'boolean') return 'unanswered';
      return content.consent ? 'agreed' : 'refused';
    } catch {
      return 'unanswered';
    }
  };
}
