/** The answers of the Dedalus API in the shapes of its three generations, and of its two kinds of refusal. */
import type { Reply } from './scripted-http.ts';

/** A machine as generations 1 and 2 show it everywhere, and generation 3 on GET of one. */
export function wireMachine(phase: string, extra: Record<string, unknown> = {}) {
  const { status, ...rest } = extra;
  return {
    machine_id: 'dm-1',
    vcpu: 2,
    memory_mib: 4096,
    storage_gib: 10,
    desired_state: 'running',
    status: { phase, reason: 'x', retryable: false, revision: '7', ...(status as object | undefined) },
    ...rest,
  };
}

/** The first envelope: a code, and whether trying again helps. */
export function coded(
  status: number,
  error_code: string,
  message: string,
  extra: Record<string, unknown> = {},
): Reply {
  return { status, json: { error_code, message, retryable: false, ...extra } };
}

/** The second envelope: problem+json. */
export function problem(status: number, detail: string, errors?: unknown): Reply {
  return {
    status,
    json: { title: 'Problem', status, detail, ...(errors === undefined ? {} : { errors }) },
    headers: { 'content-type': 'application/problem+json' },
  };
}
