/** The last lines of the gateway's own log, and of what its process printed: both are files, so a dead gateway can be read. */
import { join } from 'node:path';
import { type Place, stateDir } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { keptEvents } from '../watch/events.ts';
import { lastLines } from './last-lines.ts';

const MAX_BYTES = 256 * 1024;

export async function readLog(
  place: Place,
  { lines: most, levels, contains }: RequestOf<'read_log'>,
): Promise<ReplyOf<'read_log'>> {
  const logs = join(stateDir(place), 'logs');
  // As the words look inside a JSON string.
  const inRecords = holding(JSON.stringify(contains).slice(1, -1));
  const inText = holding(contains);
  return {
    log: await lastLines(join(logs, 'openclaw.log'), {
      most,
      maxBytes: MAX_BYTES,
      keep: (line) => {
        const record = withoutOrigin(line);
        return inRecords(record) && ofLevel(record, levels) ? record : undefined;
      },
    }),
    printed: await lastLines(join(logs, 'gateway.out'), {
      most,
      maxBytes: MAX_BYTES,
      keep: (line) => (inText(line) ? line : undefined),
    }),
    events: keptEvents(place).map(({ at, why, did }) => ({ at, why, did })),
  };
}

function holding(words: string): (line: string) => boolean {
  const wanted = words.toLowerCase();
  return (line) => wanted === '' || line.toLowerCase().includes(wanted);
}

function ofLevel(record: string, levels: readonly string[]): boolean {
  return levels.length === 0 || levels.some((level) => record.includes(`"logLevelName":"${level}"`));
}

/** Where in OpenClaw's code a line was written is half of its bytes, and would match every search for "openclaw". */
const ORIGIN =
  /,"path":\{"fullFilePath"[^{}]*\}|"runtime":"node","runtimeVersion":"[^"]*",|,"hostname":"[^"]*"|"hostname":"[^"]*",|,"parentNames":\["openclaw"\]/g;

const withoutOrigin = (record: string) => record.replace(ORIGIN, '');
