/** How exposed a machine's gateway is, as `gateway_status` asks for it, and the change of its token. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import type { Brought } from '../../core/brought.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { PostureReply } from '../../sidecar/protocol.ts';
import { askSidecar } from '../sidecar/ask-sidecar.ts';
import type { GatewayHistory } from './gateway-events.ts';

export interface Posture {
  /** Undefined where the settings cannot be read. */
  settings:
    | {
        /** `gateway.bind` and `gateway.auth.mode`; empty where they say nothing. */
        bind: string;
        authMode: string;
        /** A token in plain text in openclaw.json. */
        tokenInSettings: boolean;
      }
    | undefined;
  /** Undefined where the secrets cannot be read. */
  tokenChars: number | undefined;
  /** Addresses and programs that the settings name. Foreign. */
  brought: readonly Brought[];
  /** How its process has fared that nobody asked for. */
  gateway: GatewayHistory;
  listens: 'loopback' | 'others' | 'nothing' | 'unknown';
  /** Octal permissions of its two folders: only 700 is right. */
  stateMode: string;
  mcpMode: string;
  /** OpenClaw's own audit; undefined when it was not asked for, or the release has none. */
  audit: AuditFinding[] | undefined;
}

/** Written by OpenClaw: foreign but for the severity. */
export interface AuditFinding {
  severity: 'critical' | 'warn' | 'info';
  id: string;
  title: string;
  remedy: string | undefined;
}

export interface PostureService {
  /**
   * A new token, made on the machine; restarts the gateway, which cuts a turn in flight.
   * @throws AppError when the gateway does not come back, or still takes the old token.
   */
  rotateToken(machineId: string, options?: WaitOptions): Promise<void>;
}

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

export function postureService(machines: Pick<MachineService, 'run'>): PostureService {
  return {
    async rotateToken(machineId, options) {
      // Twice is harmless: the second run makes yet another token and proves the one before it wrong.
      const how = { timeoutMs: ROTATE_MS, rerunnable: true, signal: options?.signal };
      await askSidecar(machines, machineId, 'rotate_token', {}, how);
    },
  };
}

// As a file's permissions are written; another word is a machine's own.
const MODE = /^[0-7]{3,4}$/;

export function readPosture({ exposure, audit, ...seen }: PostureReply): Posture {
  const { settings, bind = '', auth_mode: authMode = '', token_in_settings: inSettings } = exposure;
  const mode = (text: string) => (MODE.test(text) ? text : 'unknown');
  return {
    settings: settings === 'read' ? { bind, authMode, tokenInSettings: inSettings === 'yes' } : undefined,
    tokenChars: exposure.token_chars ?? undefined,
    brought: exposure.brought,
    gateway: exposure.gateway ?? { events: [], fresh: 0, lately: 0 },
    listens: seen.listens,
    stateMode: mode(seen.state_mode),
    mcpMode: mode(seen.mcp_mode),
    audit: auditFindings(audit),
  };
}

function auditFindings(audit: unknown): AuditFinding[] | undefined {
  const read = auditOutput.safeParse(audit);
  return read.data?.findings.slice(0, MAX_FINDINGS).map(({ severity, checkId, title, remediation }) => ({
    severity,
    id: checkId,
    title,
    remedy: remediation,
  }));
}
