/** Progress notifications: sent only where the client asked, always rising, never with foreign text or secrets. */
import type { ProgressToken, ServerNotification } from '@modelcontextprotocol/sdk/types.js';
import type { Redact } from '../core/redact.ts';
import { head, plainText } from '../core/text.ts';

// Claude Code shows up to 200 characters of it on the tool's row.
const MAX_MESSAGE = 200;

/** Returns a function that notifies the client, or does nothing without a token. A failed send is no failure of the call. */
export function progressSender(
  token: ProgressToken | undefined,
  redact: Redact,
  send: (notification: ServerNotification) => Promise<void>,
): (update: { progress: number; message: string }) => void {
  if (token === undefined) return () => {};
  let last = -1;
  return ({ progress, message }) => {
    // The protocol wants every value larger than the one before.
    last = Math.max(progress, last + 0.001);
    const params = {
      progressToken: token,
      progress: last,
      message: head(redact(plainText(message)), MAX_MESSAGE),
    };
    send({ method: 'notifications/progress', params }).catch(() => {});
  };
}
