/** Answers to people and commands that wait for one: pairing codes, devices, approvals. */
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Answer, ConfigureService } from '../../openclaw/configure/configure.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { asJson, type JsonObject } from '../../operations/record.ts';
import { REQUEST_ID } from './channels.ts';

interface AnswerDeps {
  configure: ConfigureService;
  openclaw: OpenClawService;
}

interface Answers {
  machineId: string;
  /** Ids as configure_openclaw shows them. */
  approve?: string[] | undefined;
  deny?: string[] | undefined;
}

/** Sends the answers to those who wait for one, once per operation. @throws AppError as answerTo. */
export async function answerRequests(
  operation: OperationHandle,
  { configure, openclaw }: AnswerDeps,
  { machineId, approve = [], deny = [] }: Answers,
): Promise<JsonObject> {
  const before = given.safeParse(operation.record.state);
  if (before.success) return asJson(before.data);
  const wished = [...approve.map((id) => answerTo(id, 'approve')), ...deny.map((id) => answerTo(id, 'deny'))];
  const sent = wished.filter(
    ({ kind, verdict }) => verdict === 'approve' || ['device', 'exec'].includes(kind),
  );
  if (sent.length < wished.length) {
    await operation.note('A pairing code needs no denial: without an approval it expires within the hour.');
  }
  if (sent.length === 0) return {};
  await operation.stage('answer');
  await openclaw.startGateway(machineId, operation);
  const outcomes = await configure.answer(machineId, sent, operation);
  const answers = outcomes.map(({ kind, id, verdict, accepted, said }) => ({
    id: `${kind}:${id}`,
    verdict,
    accepted,
    said: said.slice(0, 600),
  }));
  // OpenClaw refuses what it has had the answer to: another process that goes on must not tell that.
  await operation.save({ answers });
  return asJson({ answers });
}

const given = z.object({ answers: z.array(z.record(z.string(), z.json())) });

/** @throws AppError `invalid_input` when it is no id of a request. */
export function answerTo(id: string, verdict: Answer['verdict']): Answer {
  const [, kind, rest] = REQUEST_ID.exec(id) ?? [];
  if (kind !== undefined && rest !== undefined) return { kind, id: rest, verdict };
  throw new AppError('invalid_input', 'One of the ids in approve or deny is not the id of a request', {
    next: 'Call configure_openclaw without changes: pending lists the ids.',
  });
}
