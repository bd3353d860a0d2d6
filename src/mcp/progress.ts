/** Progress notifications: sent only where the client asked, always rising, foreign text fenced, secrets removed. */
import type { ProgressToken, ServerNotification } from '@modelcontextprotocol/sdk/types.js';
import type { Redact } from '../core/redact.ts';
import { fence, head, plainText } from '../core/text.ts';
import type { ForeignText, ProgressUpdate } from './define-tool.ts';

// Claude Code shows up to 200 characters of it on the tool's row.
const MAX_MESSAGE = 200;
// What is left of it beside our words and the fence.
const MAX_FOREIGN = 70;

/** Notifies the client; undefined without a token, where nobody would be told. A failed send is no failure of the call. */
export function progressSender(
  token: ProgressToken | undefined,
  redact: Redact,
  send: (notification: ServerNotification) => Promise<void>,
): ((update: ProgressUpdate) => void) | undefined {
  if (token === undefined) return undefined;
  let last = -1;
  return ({ progress, message, foreign }) => {
    // The protocol wants every value larger than the one before.
    last = Math.max(progress, last + 0.001);
    const text =
      head(redact(plainText(message)), MAX_MESSAGE) + (foreign ? ` ${excerpt(foreign, redact)}` : '');
    const params = { progressToken: token, progress: last, message: text };
    send({ method: 'notifications/progress', params }).catch(() => {});
  };
}

/** The end of it on one line. Redacted before it is cut: half a secret would not be recognised. */
function excerpt({ label, text }: ForeignText, redact: Redact): string {
  const line = redact(plainText(text)).replace(/\s+/g, ' ');
  return fence(label, line.slice(-MAX_FOREIGN).toWellFormed()).replaceAll('\n', ' ');
}
