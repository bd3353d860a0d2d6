/** What OpenClaw's own log says of a turn that failed: its answer to us names neither the provider nor the reason. */
import * as z from 'zod';
import { parseJson } from './turn-stream.ts';

/** Everything in it was written by OpenClaw or the provider: foreign, but for `ending`. */
export interface RunAccount {
  provider?: string | undefined;
  model?: string | undefined;
  /** The provider's own words, as far as OpenClaw keeps them, else OpenClaw's. */
  said?: string | undefined;
  /**
   * How the model ended without a word, each seen with 2026.9.6 after its own tries: it only thought; it sent nothing;
   * its limit of output came first.
   */
  ending?: 'thought' | 'empty' | 'cut' | undefined;
}

const text = z.string().optional().catch(undefined);
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

const ENDINGS = [
  [/stopReason=length/, 'cut'],
  [/^reasoning-only retries exhausted/, 'thought'],
  [/^empty response retries exhausted/, 'empty'],
] as const;

/** @param log lines of the log about one turn, oldest first. Undefined when none of them says why it failed. */
export function runAccount(log: string | undefined): RunAccount | undefined {
  let account: RunAccount | undefined;
  for (const line of (log ?? '').split('\n')) {
    const told = entry.safeParse(parseJson(line)).data?.['1'];
    if (told === undefined) continue;
    account = typeof told === 'string' ? { ...account, ...endingIn(told) } : accountOf(told);
  }
  return account;
}

function accountOf({
  provider,
  model,
  error,
  rawErrorPreview,
}: {
  provider?: string | undefined;
  model?: string | undefined;
  error?: string | undefined;
  rawErrorPreview?: string | undefined;
}): RunAccount {
  // OpenClaw's sentence tells a name that is not known from a port that is closed; the library under it does not.
  const vague = rawErrorPreview === undefined || /^connection error\.?$/i.test(rawErrorPreview);
  return { provider, model, said: vague ? error : rawErrorPreview };
}

function endingIn(sentence: string): RunAccount {
  const ending = ENDINGS.find(([pattern]) => pattern.test(sentence))?.[1];
  const [, provider, model] = /provider=([^\s/]+)\/(\S+)/.exec(sentence) ?? [];
  return ending === undefined ? {} : { ending, provider, model, said: undefined };
}
