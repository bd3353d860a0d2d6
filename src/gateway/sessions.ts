/** Lists sessions: over the gateway where its version can, else from the files in which older versions keep them. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { machineScript } from '../openclaw/machine-script.ts';
import { runScript } from '../openclaw/script-output.ts';
import { gatewayRequest } from './gateway-request.ts';
import type { PageOptions, Session } from './ports.ts';
import { explainTurnError } from './turn-errors.ts';
import { parseJson, reportedError } from './turn-stream.ts';

const text = z.string().optional().catch(undefined);

const row = z.object({
  key: z.string(),
  agentId: text,
  updatedAt: z.number().optional().catch(undefined),
  totalTokens: z.number().optional().catch(undefined),
  displayName: text,
  derivedTitle: text,
  model: text,
  status: text,
});

const page = z.object({ sessions: z.array(row), hasMore: z.boolean().catch(false) });

const toolAnswer = z.object({
  ok: z.literal(true),
  result: z.object({
    details: page.extend({
      visibility: z.object({ restricted: z.boolean() }).optional().catch(undefined),
    }),
  }),
});

type Page = z.infer<typeof page>;
type Machines = Pick<MachineService, 'run'>;

/** Newest first. @throws AppError `invalid_input` for a foreign cursor, and as gatewayRequest. */
export async function listSessions(
  machines: Machines,
  machineId: string,
  options: PageOptions,
): Promise<{ sessions: Session[]; nextCursor: string | undefined }> {
  const offset = offsetOf(options.cursor);
  const found =
    (await fromGateway(machines, machineId, offset, options)) ??
    (await fromFiles(machines, machineId, offset, options));
  return {
    sessions: found.sessions.map(sessionOf),
    nextCursor: found.hasMore ? String(offset + found.sessions.length) : undefined,
  };
}

/**
 * Undefined where this version answers with nothing but the caller's own sessions (2026.7.1) or an error (2026.3.24).
 * The tool is read only, so asking twice is harmless.
 */
async function fromGateway(
  machines: Machines,
  machineId: string,
  offset: number,
  options: PageOptions,
): Promise<Page | undefined> {
  const args = { limit: options.limit, includeDerivedTitles: true, ...(offset === 0 ? {} : { offset }) };
  const answer = await gatewayRequest(
    machines,
    machineId,
    { method: 'POST', path: '/tools/invoke', json: { tool: 'sessions_list', args }, rerunnable: true },
    options,
  );
  const json = parseJson(answer.body);
  if (answer.status === 401 || answer.status === 403) {
    throw explainTurnError(reportedError(json, answer.status) ?? { httpStatus: answer.status, message: '' });
  }
  const details = toolAnswer.safeParse(json).data?.result.details;
  return details === undefined || details.visibility?.restricted ? undefined : details;
}

async function fromFiles(
  machines: Machines,
  machineId: string,
  offset: number,
  options: PageOptions,
): Promise<Page> {
  const env = { OPENCLAW_MCP_LIMIT: String(options.limit), OPENCLAW_MCP_OFFSET: String(offset) };
  const script = machineScript('session-store', env, { timeoutMs: 20_000, rerunnable: true });
  const { blobs } = await runScript(machines, machineId, script, options);
  const found = page.safeParse(parseJson(blobs.sessions ?? ''));
  if (found.success) return found.data;
  throw new AppError('unsupported', 'This version of OpenClaw does not list its sessions in a known form', {
    next: 'Upgrade OpenClaw, or read a session by the name that was used to chat.',
    cause: found.error,
  });
}

function sessionOf(found: z.infer<typeof row>): Session {
  return {
    key: found.key,
    agent: found.agentId ?? /^agent:([^:]+):/.exec(found.key)?.[1],
    updatedAt: found.updatedAt === undefined ? undefined : new Date(found.updatedAt).toISOString(),
    totalTokens: found.totalTokens,
    title: found.displayName ?? found.derivedTitle,
    model: found.model,
    status: found.status,
  };
}

// The cursor is the number of rows seen: sessions move to the front when used, so a page may repeat a row.
function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,6}$/.test(cursor)) return Number(cursor);
  throw new AppError('invalid_input', 'This cursor does not come from list_sessions', {
    next: 'Pass next_cursor exactly as it was returned, or leave it out.',
  });
}
