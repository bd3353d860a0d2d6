/** The gateway's log as lines that a person can read: its JSON records, and what the process printed besides. */
import * as z from 'zod';
import { parseJson } from '../core/json.ts';
import { toldOneOf, toldTime } from '../core/text.ts';
import type { MachineService } from '../machine/ports.ts';
import { eventSentence, type GatewayEvent } from '../openclaw/look/gateway-events.ts';
import { askSidecar } from '../openclaw/sidecar/ask-sidecar.ts';
import type { LogLevel, LogLine, LogOptions } from './ports.ts';

const LEVELS: Readonly<Record<LogLevel, string[]>> = {
  debug: [],
  info: ['INFO', 'WARN', 'ERROR', 'FATAL'],
  warn: ['WARN', 'ERROR', 'FATAL'],
  error: ['ERROR', 'FATAL'],
};

const SPARE = 10;

const record = z
  .object({
    time: z.string().optional().catch(undefined),
    _meta: z
      .object({
        logLevelName: z.string().optional(),
        name: z.string().optional(),
        date: z.string().optional(),
      })
      .optional()
      .catch(undefined),
  })
  .catchall(z.unknown());

export async function readLogs(
  machines: Pick<MachineService, 'run'>,
  machineId: string,
  options: LogOptions,
): Promise<{ lines: LogLine[]; truncated: boolean }> {
  const contains = options.contains ?? '';
  const request = {
    // One more than asked, to know whether there are more; and a search also finds words of a record's frame.
    lines: options.lines * (contains === '' ? 1 : SPARE) + 1,
    levels: LEVELS[options.level ?? 'debug'],
    contains,
  };
  const how = { timeoutMs: 30_000, rerunnable: true, signal: options.signal };
  const { log, printed, events } = await askSidecar(machines, machineId, 'read_log', request, how);
  const recorded = log.lines.flatMap(recordOf);
  const seen = options.level === 'error' ? [] : events.map(lineOf);
  const all = merge([...recorded, ...seen], printedBesides(printed.lines, recorded));
  const lines = all.filter((line) => mentions(line, contains));
  return {
    lines: lines.slice(-options.lines),
    truncated: log.truncated || printed.truncated || lines.length > options.lines,
  };
}

function lineOf(event: GatewayEvent): LogLine {
  return { at: toldTime(event.at), level: 'warn', subsystem: 'sidecar', text: eventSentence(event) };
}

function recordOf(line: string): LogLine[] {
  const parsed = record.safeParse(parseJson(line));
  if (!parsed.success) return [];
  const { time, _meta, ...rest } = parsed.data;
  // Numbered fields are the arguments of the log call; the first is the subsystem where the record has one.
  const words = Object.entries(rest).flatMap(([name, value]) => (/^\d+$/.test(name) ? [wordsOf(value)] : []));
  const subsystem = subsystemOf(_meta?.name);
  const said = subsystem === undefined ? words : words.slice(1);
  // The sentence first; some records put their facts before it.
  const text = said.toSorted((a, b) => Number(a.startsWith('{')) - Number(b.startsWith('{'))).join(' ');
  return [{ at: isoOf(time ?? _meta?.date), level: levelOf(_meta?.logLevelName), subsystem, text }];
}

function mentions(line: LogLine, words: string): boolean {
  return `${line.subsystem ?? ''} ${line.text}`.toLowerCase().includes(words.toLowerCase());
}

function wordsOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const KNOWN_LEVELS = ['silly', 'trace', 'debug', 'info', 'warn', 'error', 'fatal', 'other'];

function levelOf(name: string | undefined): string | undefined {
  return name === undefined ? undefined : toldOneOf(KNOWN_LEVELS, name.toLowerCase(), 'other');
}

// As programs name their parts; another name stands with the words.
const SUBSYSTEM = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,79}$/;

function subsystemOf(name: string | undefined): string | undefined {
  return z.object({ subsystem: z.string().regex(SUBSYSTEM) }).safeParse(parseJson(name ?? '')).data
    ?.subsystem;
}

function isoOf(time: string | undefined): string | undefined {
  const ms = Date.parse(time ?? '');
  return toldTime(ms);
}

// ESC comes from its number, so that the pattern holds no control character.
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const STAMPED = /^(\d{4}-\d\d-\d\dT\S+) (.*)$/;

/**
 * What the process printed and its log does not hold: a crash, a message of the shell or of Node. Printed records start
 * with a time and are in the log as well; without a log (the gateway never came that far) they count too.
 */
function printedBesides(printed: readonly string[], recorded: readonly LogLine[]): LogLine[] {
  const known = new Set(recorded.flatMap((line) => line.text.split('\n').map((one) => one.trim())));
  const besides: LogLine[] = [];
  let at: string | undefined;
  for (const raw of printed) {
    const line = raw.replace(COLOUR, '').trimEnd();
    const [, time, rest] = STAMPED.exec(line) ?? [];
    if (time !== undefined) at = isoOf(time);
    if (line.trim() === '' || known.has(line.trim()) || (time !== undefined && recorded.length > 0)) continue;
    besides.push({ at, level: undefined, subsystem: undefined, text: rest ?? line });
  }
  return besides;
}

// By time; what has none follows the line that it was printed after.
function merge(recorded: readonly LogLine[], besides: readonly LogLine[]): LogLine[] {
  return [...recorded, ...besides].sort((a, b) => (a.at ?? '').localeCompare(b.at ?? ''));
}
