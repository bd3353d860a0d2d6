/** One session under either of its names: the short one that a user gives, and the full key that OpenClaw lists. */
import { AppError } from '../core/errors.ts';

export interface SessionAddress {
  /** Full key, e.g. `agent:main:openai-user:holiday`. */
  key: string;
  agent: string;
  /** Set for sessions of this HTTP endpoint: the request's `user`. It may hold any character, unlike a header. */
  user: string | undefined;
}

export const DEFAULT_AGENT = 'main';

const MAX_LENGTH = 400;
export const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
// How OpenClaw builds the key of a chat request with `user` (facts: 2026.3.24, 2026.7.1 and 2026.9.6 alike).
const USER_KIND = 'openai-user';

/** @throws AppError `invalid_input`. */
export function addressOf(session: string, agent: string | undefined): SessionAddress {
  checkName(session);
  const [, keyAgent, rest] = /^agent:([^:]+):(.+)$/s.exec(session) ?? [];
  if (keyAgent === undefined || rest === undefined) return shortName(session, agent ?? DEFAULT_AGENT);
  checkAgent(keyAgent);
  if (agent !== undefined && agent !== keyAgent) {
    throw new AppError('invalid_input', 'The session key belongs to another agent than the one named', {
      next: 'Leave out agent, or name the session without its key.',
    });
  }
  if (rest.startsWith(`${USER_KIND}:`)) return shortName(rest.slice(USER_KIND.length + 1), keyAgent);
  return { key: session, agent: keyAgent, user: undefined };
}

function shortName(user: string, agent: string): SessionAddress {
  checkName(user);
  checkAgent(agent);
  // OpenClaw folds case in its keys: "Holiday" and "holiday" are one session.
  return { key: `agent:${agent}:${USER_KIND}:${user.toLowerCase()}`, agent, user };
}

function checkName(session: string): void {
  if (session.trim() !== '' && session.length <= MAX_LENGTH && !/\p{Cc}/u.test(session)) return;
  throw new AppError(
    'invalid_input',
    `A session name has 1 to ${MAX_LENGTH} characters and no control characters`,
    { next: 'Pass a short name such as "holiday", or a key from list_sessions.' },
  );
}

function checkAgent(agent: string): void {
  if (AGENT_ID.test(agent)) return;
  throw new AppError('invalid_input', 'This is not the id of an agent', {
    next: `Leave out agent for the default one ("${DEFAULT_AGENT}").`,
  });
}
