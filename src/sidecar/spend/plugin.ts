/**
 * The plugin that OpenClaw's gateway loads where a limit is set: it counts what every answer of a model took, and lets no
 * turn begin once the day's limit is reached, whoever asks. Bundled to one file of its own; see docs/decisions.
 */
import { dirname } from 'node:path';
import { systemClock } from '../../core/clock.ts';
import { readAccounts, readLimit, readMeter, writeLedger } from './ledger.ts';
import {
  dayOf,
  isAmount,
  type Limit,
  limitWords,
  type Meter,
  mayBegin,
  type Spent,
  spentOn,
} from './limit.ts';

/** What is used of OpenClaw's interface for plugins (2026.9.6). */
interface Api {
  /** The folder of the plugin, which lies in that of the limit. */
  rootDir: string;
  on(name: string, hook: (event: Written & Called) => unknown): void;
}

/** An answer of a model, as OpenClaw is about to keep it; the other hooks bring nothing that is read here. */
interface Written {
  message?: { role?: unknown; usage?: Readonly<Record<string, unknown>> | undefined };
}

/** A tool that is about to be called, by a turn or from outside. */
interface Called {
  toolName?: unknown;
}

/** What looks after the machine for its owner asks by it for the list of sessions. */
const LOOKS = 'sessions_list';

let memory: Meter | undefined;

export default {
  id: 'openclaw-dedalus-limit',
  name: 'Daily limit',
  description: 'Counts tokens, and lets no turn begin once the limit of the day is reached.',
  register(api: Api) {
    const folder = dirname(api.rootDir);
    // For people: an answer in the place of the model's.
    api.on('before_agent_reply', () => {
      const refusal = refusalNow(folder);
      return refusal && { handled: true, reply: { text: refusal } };
    });
    // For turns of every other kind, such as those of helpers of the assistant.
    api.on('before_agent_run', () => {
      const refusal = refusalNow(folder);
      return refusal && { outcome: 'block', reason: refusal, message: refusal };
    });
    api.on('before_tool_call', ({ toolName }) => {
      if (toolName === LOOKS) return undefined;
      const limit = readLimit(folder);
      const over = limit && limit !== 'broken' && standing(folder, limit).standing === 'twice';
      return over
        ? { block: true, blockReason: 'Twice the limit of the day is spent: end here.' }
        : undefined;
    });
    api.on('before_message_write', ({ message }) => {
      if (message?.role === 'assistant' && message.usage) count(folder, tokensOf(message.usage));
    });
  },
};

function refusalNow(folder: string): string | undefined {
  const limit = readLimit(folder);
  if (limit === 'broken')
    return 'The daily limit of this assistant cannot be read, so it begins nothing new: its owner can set it again with configure_openclaw (daily_limit).';
  if (limit === undefined || mayBegin(standing(folder, limit))) return undefined;
  return `The daily limit of this assistant is reached: ${limitWords(limit)}. It answers again when that day is over; its owner can raise or lift the limit with configure_openclaw (daily_limit).`;
}

const standing = (folder: string, limit: Limit): Spent =>
  spentOn(limit, meterOf(folder), readAccounts(folder), systemClock.now());

/** What a full disk kept from the file is known here, as long as the gateway lives. */
function meterOf(folder: string): Meter | undefined {
  const kept = readMeter(folder);
  if (memory === undefined) return kept;
  return kept?.day === memory.day && kept.tokens >= memory.tokens ? kept : memory;
}

function count(folder: string, tokens: number): void {
  const limit = readLimit(folder);
  const day = dayOf(systemClock.now(), limit && limit !== 'broken' ? limit.zone : undefined);
  const before = meterOf(folder);
  memory = { day, tokens: (before?.day === day ? before.tokens : 0) + tokens };
  try {
    writeLedger(folder, 'meter', memory);
  } catch {
    // A full disk; the next answer writes it.
  }
}

function tokensOf(usage: Readonly<Record<string, unknown>>): number {
  if (isAmount(usage.totalTokens)) return usage.totalTokens;
  const parts = [usage.input, usage.output, usage.cacheRead, usage.cacheWrite];
  return parts.reduce<number>((sum, part) => sum + (isAmount(part) ? part : 0), 0);
}
