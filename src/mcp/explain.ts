/** The only place that writes what a person or a model reads about a failure. */
import { told } from '../core/defect.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ForeignText } from './define-tool.ts';

export interface Explanation {
  /** What happened, why as far as known, and the next call. */
  text: string;
  foreign: ForeignText | undefined;
}

const DEFAULT_NEXT: Readonly<Record<ErrorCode, string>> = {
  config: "Set it in the server's environment and restart the server.",
  invalid_input: 'Correct the arguments and call again.',
  not_found: 'Call list_machines to see what exists.',
  ambiguous: 'Call again with one of them as machine_id.',
  auth: "Check DEDALUS_API_KEY in the server's environment.",
  quota: 'Call list_machines and destroy a machine that is no longer needed.',
  conflict: 'Call gateway_status to see the present state, then try again.',
  unavailable: 'Try the same call again in a moment.',
  timeout: 'Call gateway_status to see how far it is, then try again.',
  cancelled: 'Call it again if it is still wanted.',
  machine_failed:
    'Call gateway_status; if the machine stays failed, destroy_machine and deploy_openclaw again.',
  command_failed: 'Call gateway_status and read_logs to see more.',
  provider: "Check the provider's key and the model's name.",
  unsupported: 'This account or version cannot do it.',
  internal: 'Try again; if it stays so, report it with the id above.',
};

/** Explains anything that was thrown. What is not one of our own errors is logged and only its id is told. */
export function explain(error: unknown, log: Log): Explanation {
  const { code, message, next, foreign } = told(error, 'call', log);
  return {
    text: `${sentence(message)} Next: ${next ?? DEFAULT_NEXT[code]}`,
    foreign: foreign === undefined ? undefined : { label: 'what the other side said', text: foreign },
  };
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
