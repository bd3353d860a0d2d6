/** How exposed a machine's gateway is, as `gateway_status` asks for it, and the change of its token. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { PostureReply } from '../../sidecar/protocol.ts';
import { askSidecar } from '../sidecar/ask-sidecar.ts';
import type { GatewayHistory } from './gateway-events.ts';

export type Posture = Omit<PostureReply, 'audit'> & {
  /** How its process has fared that nobody asked for. */
  gateway: GatewayHistory;
  /** OpenClaw's own; undefined when it was not asked for, or the release has none. Foreign but for the severity. */
  audit: AuditFinding[] | undefined;
};

export type PostureService = ReturnType<typeof postureService>;

/** A stop of 20 s and a start of 150 s. */
const ROTATE_MS = 230_000;
const MAX_FINDINGS = 40;

const auditOutput = z.object({
  findings: z.array(
    z.object({
      severity: z.enum(['critical', 'warn', 'info']),
      checkId: z.string().catch(''),
      title: z.string().catch(''),
      remediation: z.string().optional().catch(undefined),
    }),
  ),
});

export type AuditFinding = z.output<typeof auditOutput>['findings'][number];

export function postureService(machines: Pick<MachineService, 'run'>) {
  return {
    /**
     * A new token, made on the machine; restarts the gateway, which cuts a turn in flight.
     * @throws AppError when the gateway does not come back, or still takes the old token.
     */
    async rotateToken(machineId: string, { signal }: WaitOptions = {}): Promise<void> {
      // Twice is harmless: the second run makes yet another token and proves the one before it wrong.
      const how = { timeoutMs: ROTATE_MS, rerunnable: true, signal };
      await askSidecar(machines, machineId, 'rotate_token', {}, how);
    },
  };
}

// As a file's permissions are written; another word is a machine's own.
const MODE = /^[0-7]{3,4}$/;

export function readPosture({ audit, ...seen }: PostureReply): Posture {
  const mode = (text: string) => (MODE.test(text) ? text : 'unknown');
  return {
    ...seen,
    gateway: seen.exposure.gateway ?? { events: [], fresh: 0, lately: 0 },
    state_mode: mode(seen.state_mode),
    mcp_mode: mode(seen.mcp_mode),
    audit: auditOutput.safeParse(audit).data?.findings.slice(0, MAX_FINDINGS),
  };
}
