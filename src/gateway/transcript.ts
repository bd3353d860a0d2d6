/** Reads a session's messages over the gateway's history endpoint, the same in every supported version. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { toldTime } from '../core/told.ts';
import type { MachineService } from '../machine/ports.ts';
import { gatewayRequest } from './gateway-request.ts';
import type { GatewayAnswer, PageOptions, SessionMessage } from './ports.ts';
import { addressOf } from './session-address.ts';
import { explainTurnError } from './turn-errors.ts';
import { parseJson, reportedError } from './turn-stream.ts';

const part = z.object({ type: z.string().catch(''), text: z.string().optional().catch(undefined) });

const item = z.object({
  role: z.string().catch('unknown'),
  content: z.union([z.string(), z.array(part)]).catch(''),
  timestamp: z.number().optional().catch(undefined),
  stopReason: z.string().optional().catch(undefined),
  errorMessage: z.string().optional().catch(undefined),
});

const history = z.object({
  sessionKey: z.string(),
  items: z.array(item),
  hasMore: z.boolean().catch(false),
  nextCursor: z.string().nullish().catch(undefined),
});

type Item = z.infer<typeof item>;
type History = z.infer<typeof history>;
type Machines = Pick<MachineService, 'run'>;

/** @throws AppError `not_found`, `invalid_input`, and as gatewayRequest. */
export async function readSession(
  machines: Machines,
  machineId: string,
  options: PageOptions & { session: string; agent?: string | undefined },
): Promise<{ session: string; messages: SessionMessage[]; nextCursor: string | undefined }> {
  const { key } = addressOf(options.session, options.agent);
  const page = await readPage(machines, machineId, key, options);
  return {
    session: page.sessionKey,
    messages: page.items.map(messageOf),
    nextCursor: page.hasMore ? (page.nextCursor ?? undefined) : undefined,
  };
}

/**
 * What OpenClaw noted about the failure of the session's newest reply, if that reply failed.
 * @param body answer of the history endpoint.
 * @param sinceMs by the machine's clock; an older failure belongs to another turn.
 */
export function failureIn(body: string, sinceMs: number): string | undefined {
  const newest = history.safeParse(parseJson(body)).data?.items.findLast((one) => one.role === 'assistant');
  if (newest?.stopReason !== 'error' || (newest.timestamp ?? 0) < sinceMs) return undefined;
  return newest.errorMessage ?? textOf(newest);
}

/** Path of the history endpoint, the same in every supported version. */
export function historyPath(key: string, page: { limit: number; cursor?: string | undefined }): string {
  const query = new URLSearchParams({ limit: String(page.limit) });
  if (page.cursor !== undefined) query.set('cursor', page.cursor);
  return `/sessions/${encodeURIComponent(key)}/history?${query}`;
}

async function readPage(
  machines: Machines,
  machineId: string,
  key: string,
  options: PageOptions,
): Promise<History> {
  const answer = await ask(machines, machineId, key, options);
  const json = parseJson(answer.body);
  const page = history.safeParse(json);
  if (answer.status === 200 && page.success) return page.data;
  if (answer.truncated) {
    throw new AppError('unsupported', 'These messages are too large to be read at once', {
      next: 'Ask for fewer messages with limit.',
    });
  }
  if (answer.status === 404 && reportedError(json, 404)?.type === 'not_found') {
    throw new AppError('not_found', 'There is no such session on this machine', {
      next: 'Call list_sessions and pass one of its keys.',
    });
  }
  throw explainTurnError(
    reportedError(json, answer.status) ?? { httpStatus: answer.status, message: answer.body },
  );
}

function ask(
  machines: Machines,
  machineId: string,
  key: string,
  options: PageOptions,
): Promise<GatewayAnswer> {
  const path = historyPath(key, options);
  return gatewayRequest(machines, machineId, { method: 'GET', path }, options);
}

function messageOf(entry: Item): SessionMessage {
  const text = textOf(entry);
  return {
    role: entry.role,
    text: text === '' && entry.errorMessage !== undefined ? `[failed] ${entry.errorMessage}` : text,
    at: toldTime(entry.timestamp),
  };
}

// Thinking and tool calls are not what was said; a tool call is named so that no message looks empty.
function textOf(entry: Item): string {
  if (typeof entry.content === 'string') return entry.content;
  const said = entry.content.flatMap((one) => (one.type === 'text' && one.text ? [one.text] : []));
  if (said.length > 0) return said.join('\n');
  return entry.content.some((one) => /^tool/i.test(one.type)) ? '[tool call]' : '';
}
