/** Lists sessions: over the gateway where its version can, else from the files in which older versions keep them. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { MachineService } from '../machine/ports.ts';
import { largeInput, machineScript } from '../openclaw/machine-script.ts';
import { runScript } from '../openclaw/script-output.ts';
import { answerOf } from './gateway-request.ts';
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

/** curl's own limit in the script is 20 s. */
const TIMEOUT_MS = 40_000;

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
    (await ask(machines, machineId, offset, options)) ??
    (await ask(machines, machineId, offset, options, 'files'));
  if (found === undefined) {
    throw new AppError('unsupported', 'This version of OpenClaw does not list its sessions in a known form', {
      next: 'Upgrade OpenClaw, or read a session by the name that was used to chat.',
    });
  }
  return {
    sessions: found.sessions.map(sessionOf),
    nextCursor: found.hasMore ? String(offset + found.sessions.length) : undefined,
  };
}

/** Undefined where the gateway lists nothing but the caller's own sessions (2026.7.1) or answers oddly. */
async function ask(
  machines: Machines,
  machineId: string,
  offset: number,
  options: PageOptions,
  source = '',
): Promise<Page | undefined> {
  const args = { limit: options.limit, includeDerivedTitles: true, ...(offset === 0 ? {} : { offset }) };
  const env = {
    OPENCLAW_MCP_SOURCE: source,
    OPENCLAW_MCP_LIMIT: String(options.limit),
    OPENCLAW_MCP_OFFSET: String(offset),
    OPENCLAW_MCP_METHOD: 'POST',
    OPENCLAW_MCP_PATH: '/tools/invoke',
    ...largeInput('OPENCLAW_MCP_BODY', JSON.stringify({ tool: 'sessions_list', args })),
  };
  const script = machineScript('list-sessions', env, { timeoutMs: TIMEOUT_MS, rerunnable: true });
  const output = await runScript(machines, machineId, script, options);
  if (output.values.source === 'files') return page.safeParse(parseJson(output.blobs.body ?? '')).data;
  const answer = answerOf(output);
  const json = parseJson(answer.body);
  if (answer.status === 401 || answer.status === 403) {
    throw explainTurnError(reportedError(json, answer.status) ?? { httpStatus: answer.status, message: '' });
  }
  const details = toolAnswer.safeParse(json).data?.result.details;
  return details?.visibility?.restricted ? undefined : details;
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
