/** How exposed a machine's gateway is, and the change of its token; each by one script. */
import * as z from 'zod';
import type { WaitOptions } from '../core/abort.ts';
import type { Brought } from '../core/brought.ts';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { readReply } from './ask-sidecar.ts';
import { machineScript } from './machine-script.ts';
import { runScript } from './script-output.ts';

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
   * Changes nothing. Undefined when OpenClaw is not installed there.
   * @param audit whether OpenClaw's own audit runs too: two to four seconds.
   */
  posture(machineId: string, audit: boolean, options?: WaitOptions): Promise<Posture | undefined>;
  /**
   * A new token, made on the machine; restarts the gateway, which cuts a turn in flight.
   * @throws AppError when the gateway does not come back, or still takes the old token.
   */
  rotateToken(machineId: string, options?: WaitOptions): Promise<void>;
}

/** The audit's own start of OpenClaw takes up to 4 s on a quiet machine. */
const POSTURE_MS = 45_000;
/** A stop of 20 s and a start of 150 s. */
const ROTATE_MS = 230_000;
const MAX_FINDINGS = 40;

const output = z.object({
  listens: z.enum(['loopback', 'others', 'nothing', 'unknown']),
  'mode.state': z.string(),
  'mode.mcp': z.string(),
});

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
    async posture(machineId, audit, options) {
      const env = { OPENCLAW_MCP_AUDIT: audit ? 'yes' : 'no' };
      const script = machineScript('posture', env, { timeoutMs: POSTURE_MS, rerunnable: true });
      const { values, blobs } = await runScript(machines, machineId, script, options);
      if (values.posture === 'not_installed') return undefined;
      const read = output.safeParse(values);
      if (!read.success) {
        throw new AppError('command_failed', "The machine's account of its exposure cannot be read");
      }
      const seen = readReply('exposure', blobs.exposure);
      return {
        settings:
          seen.settings === 'unknown'
            ? undefined
            : {
                bind: seen.bind ?? '',
                authMode: seen.auth_mode ?? '',
                tokenInSettings: seen.token_in_settings === 'yes',
              },
        tokenChars: seen.token_chars ?? undefined,
        brought: seen.brought,
        listens: read.data.listens,
        stateMode: read.data['mode.state'],
        mcpMode: read.data['mode.mcp'],
        audit: blobs.audit === undefined ? undefined : auditFindings(blobs.audit),
      };
    },
    async rotateToken(machineId, options) {
      // Twice is harmless: the second run makes yet another token and proves the one before it wrong.
      const script = machineScript('rotate-token', {}, { timeoutMs: ROTATE_MS, rerunnable: true });
      await runScript(machines, machineId, script, options);
    },
  };
}

function auditFindings(text: string): AuditFinding[] {
  try {
    const { findings } = auditOutput.parse(JSON.parse(text));
    return findings.slice(0, MAX_FINDINGS).map(({ severity, checkId, title, remediation }) => ({
      severity,
      id: checkId,
      title,
      remedy: remediation,
    }));
  } catch (cause) {
    throw new AppError('command_failed', "OpenClaw's audit of itself cannot be read", { cause });
  }
}
