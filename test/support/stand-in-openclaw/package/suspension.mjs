/** Cooperative suspension as 2026.9 has it: refused while a turn runs, forgotten by itself after two minutes. */
import { randomUUID } from 'node:crypto';

const LEASE_MS = 120_000;

/** @param busy how many turns run now. */
export function makeSuspension(busy) {
  let held;
  const holding = () => held !== undefined && held.expiresAtMs > Date.now();
  return {
    holding,
    /** @returns what the command line prints, and its exit code. */
    suspend() {
      if (holding()) {
        const details = { reason: 'gateway-suspension-conflict', expiresAtMs: held.expiresAtMs };
        const message = 'another gateway suspension is already prepared';
        return [
          1,
          { ok: false, error: { type: 'gateway_request_error', code: 'UNAVAILABLE', message, details } },
        ];
      }
      const activeCount = busy();
      if (activeCount > 0) {
        const blockers = [{ kind: 'root-request', count: activeCount, message: 'active gateway request(s)' }];
        return [1, { status: 'busy', reason: 'active-work', retryAfterMs: 20_000, activeCount, blockers }];
      }
      held = { suspensionId: randomUUID(), expiresAtMs: Date.now() + LEASE_MS };
      return [0, { status: 'ready', ...held, activeCount: 0, blockers: [] }];
    },
    resume(id) {
      const resumed = holding() && held.suspensionId === id;
      if (resumed) held = undefined;
      return [0, { ok: true, resumed }];
    },
  };
}
