/** Waits until a way into a machine is open, or says why it will not be. */
import type { WaitOptions } from '../core/abort.ts';
import { AppError } from '../core/errors.ts';
import { poll } from '../core/poll.ts';
import type { OpenedPort, SshSession } from '../dedalus/calls/access.ts';
import type { MachineContext } from './wait-phase.ts';

// The platform's own command line asks every half second for a minute.
const POLL_MS = 500;
const TIMEOUT_MS = 60_000;

/** `MachineService.openPort`. */
export async function openPort(
  context: MachineContext,
  machineId: string,
  port: number,
  idempotencyKey: string,
  options: WaitOptions,
): Promise<OpenedPort> {
  const { api } = context;
  const opened = await openOne(idempotencyKey, (key) =>
    api.openPort(machineId, port, { idempotencyKey: key, signal: options.signal }),
  );
  return ready(context, 'the address of the port', opened, options, () =>
    api.getPort(machineId, opened, options),
  );
}

/** `MachineService.openSsh`. */
export async function openSsh(
  context: MachineContext,
  machineId: string,
  publicKey: string,
  idempotencyKey: string,
  options: WaitOptions,
): Promise<SshSession> {
  const { api } = context;
  const opened = await openOne(idempotencyKey, (key) =>
    api.openSsh(machineId, publicKey, { idempotencyKey: key, signal: options.signal }),
  );
  return ready(context, 'the SSH session', opened, options, () => api.getSsh(machineId, opened.id, options));
}

const OVER = new Set(['closed', 'expired', 'failed']);
// A sleep or a restart in between costs one each; more of them are no accident.
const MAX_OPENINGS = 4;

/**
 * A repeated key answers with what it opened then, which may be closed by now. The next key follows from the closed one,
 * so that whoever repeats all this opens no second one.
 */
async function openOne<T extends OpenedPort | SshSession>(
  idempotencyKey: string,
  ask: (key: string) => Promise<T>,
): Promise<T> {
  let opened = await ask(idempotencyKey);
  for (let count = 1; count < MAX_OPENINGS && ['closed', 'expired'].includes(opened.status); count++) {
    opened = await ask(`${idempotencyKey}-${opened.id}`);
  }
  return opened;
}

async function ready<T extends OpenedPort | SshSession>(
  { clock }: MachineContext,
  what: string,
  first: T,
  { signal }: WaitOptions,
  look: () => Promise<T>,
): Promise<T> {
  const pace = { intervalMs: POLL_MS, maxIntervalMs: POLL_MS, timeoutMs: TIMEOUT_MS };
  let seen: T | undefined = first;
  return poll({ clock, what, signal, ...pace }, async () => {
    const now = seen ?? (await look());
    seen = undefined;
    if (now.status === 'ready') return { done: now };
    if (!OVER.has(now.status)) return { askedMs: now.retryAfterMs };
    throw new AppError('unavailable', `Dedalus did not open ${what}`, {
      next: 'Try again in a minute, or another way to the Control UI.',
      ...(now.errorMessage === undefined ? {} : { foreign: now.errorMessage }),
    });
  });
}
