/** Why a turn failed, where its answer does not say: its session's newest message and OpenClaw's own log know more. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import { askGateway } from '../gateway/ask.ts';
import { type Place, stateDir } from '../place.ts';
import type { ReplyOf } from '../protocol.ts';
import { readText, readUpTo } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';
import { senderOf, sessionOf, type TurnFiles } from './files.ts';
import { failureIn, historyPath } from './history.ts';

type Account = NonNullable<ReplyOf<'turn_read'>['account']>;

const ASK_MS = 10_000;
const MAX_SAID = 6_000;
const EDGE = 1024 * 1024;
const LOG_BYTES = 8 * EDGE;

/**
 * An answer that does not say how it ended (2026.3.24), or whose words are those of a failure (2026.7.1), needs the
 * session's newest message to be understood.
 */
export async function keepFailure(place: Place, files: TurnFiles): Promise<void> {
  const answer = `${headOf(files.response, EDGE)}${tailOf(files.response, EDGE)}`;
  const tells = answer.includes('"finish_reason":"');
  // The last of the words is a warning sign, byte by byte.
  if (tells && !/LLM request|HTTP [0-9]{3} |failed before|\xe2\x9a\xa0/.test(answer)) return;
  const key = sessionOf(files);
  if (key === undefined) return;
  const page = await askGateway(place, historyPath(key, 1), undefined, ASK_MS);
  if (page !== undefined && !page.cut) writeWhole(files.transcript, page.body);
}

/**
 * Of a turn that failed for the provider or the model, the answer says "internal error" and no more (2026.9.6); its log
 * says why, under the id that the answer carries.
 */
export function keepRunLog(place: Place, files: TurnFiles): void {
  const answer = `${headOf(files.response, EDGE)}${tailOf(files.response, EDGE)}`;
  if (!/^data: \{"error"/m.test(answer)) return;
  const [, run = ''] = /"id":"(chatcmpl_[0-9a-f-]{36})"/.exec(answer) ?? [];
  if (run === '') return;
  const lines = tailOf(join(stateDir(place), 'logs', 'openclaw.log'), LOG_BYTES).split('\n');
  const about = lines.filter(
    (line) => line.includes(run) && /agent_end|retries exhausted|incomplete turn/.test(line),
  );
  if (about.length === 0) return;
  writeFileSync(files.runLog, Buffer.from(`${about.slice(-4).join('\n')}\n`, 'latin1'), { mode: 0o600 });
}

/** From the kept answer of the history endpoint. */
export function failureOf(files: TurnFiles): string | undefined {
  return failureIn(readText(files.transcript), senderOf(files)?.startedMs ?? 0)?.slice(0, MAX_SAID);
}

const text = z.catch(z.optional(z.string()), undefined);
// 2026.9.6: an object for the end of a run, a sentence for what it tried before.
const entry = z.object({
  '1': z.union([
    z.string(),
    z.object({
      event: z.literal('embedded_run_agent_end'),
      provider: text,
      model: text,
      error: text,
      rawErrorPreview: text,
    }),
  ]),
});
type Ended = Exclude<z.infer<typeof entry>['1'], string>;

/** Each seen with 2026.9.6 after its own tries. */
const ENDINGS = [
  [/stopReason=length/, 'cut'],
  [/^reasoning-only retries exhausted/, 'thought'],
  [/^empty response retries exhausted/, 'empty'],
] as const;

/** Undefined when no kept line of the log says why it failed. */
export function accountOf(files: TurnFiles): Account | undefined {
  let account: Account | undefined;
  for (const line of readText(files.runLog).split('\n')) {
    const told = entry.safeParse(parseJson(line)).data?.['1'];
    if (told === undefined) continue;
    account = typeof told === 'string' ? { ...account, ...endingIn(told) } : ended(told);
  }
  return account;
}

function ended({ provider, model, error, rawErrorPreview }: Ended): Account {
  // OpenClaw's sentence tells a name that is not known from a port that is closed; the library under it does not.
  const vague = rawErrorPreview === undefined || /^connection error\.?$/i.test(rawErrorPreview);
  return short({ provider, model, said: vague ? error : rawErrorPreview });
}

function endingIn(sentence: string): Account {
  const ending = ENDINGS.find(([pattern]) => pattern.test(sentence))?.[1];
  const [, provider, model] = /provider=([^\s/]+)\/(\S+)/.exec(sentence) ?? [];
  return ending === undefined ? {} : { ...short({ provider, model }), ending, said: undefined };
}

function short(account: Account): Account {
  const { provider, model, said } = account;
  return { provider: provider?.slice(0, 200), model: model?.slice(0, 200), said: said?.slice(0, MAX_SAID) };
}

/** Read as bytes: what is searched for in it is plain. Empty where it cannot be read. */
const headOf = (file: string, bytes: number): string => readUpTo(file, bytes, 0, 'latin1') ?? '';
const tailOf = (file: string, bytes: number): string => readUpTo(file, bytes, 'end', 'latin1') ?? '';
