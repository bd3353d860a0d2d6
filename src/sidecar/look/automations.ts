/** What OpenClaw will do by itself, read where it keeps it: its command line would take seconds, and needs a gateway. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod/mini';
import { parseJson } from '../../core/json.ts';
import { at, isPatch } from '../../core/patch.ts';
import { type Place, stateDir } from '../place.ts';
import type { ReplyOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { automation } from './protocol.ts';

const MOST = 50;
const BUSY_MS = 2_000;

/** Those that are switched on. Without `jobs` where they cannot be read. */
export async function automations(place: Place): Promise<ReplyOf<'automations'>> {
  const jobs = (await stored(place))?.filter((job) => at(job, 'enabled') === true);
  return jobs === undefined ? {} : { jobs: jobs.slice(0, MOST).map(shown) };
}

/** Without what it says to the assistant. */
function shown(job: unknown): z.infer<typeof automation> {
  return automation.parse({
    name: String(at(job, 'displayName') ?? at(job, 'name') ?? '').slice(0, 200),
    kind: at(job, 'payload', 'kind'),
    schedule: at(job, 'schedule'),
    next: at(job, 'state', 'nextRunAtMs'),
    last: at(job, 'state', 'lastRunStatus') ?? at(job, 'state', 'lastStatus'),
  });
}

/** In a database since 2026.7, in a file before; undefined where there is one that cannot be read. */
async function stored(place: Place): Promise<unknown[] | undefined> {
  const database = join(stateDir(place), 'state', 'openclaw.sqlite');
  if (existsSync(database)) return inDatabase(database);
  const file = join(stateDir(place), 'cron', 'jobs.json');
  if (!existsSync(file)) return [];
  const jobs = at(parseJson(readText(file)), 'jobs');
  return Array.isArray(jobs) ? jobs : undefined;
}

async function inDatabase(file: string): Promise<unknown[] | undefined> {
  try {
    const { DatabaseSync } = await import('node:sqlite');
    const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
    try {
      const rows = database.prepare('SELECT enabled, job_json, state_json FROM cron_jobs').all();
      return rows.map(({ enabled, job_json, state_json }) => {
        const job = parseJson(String(job_json));
        return { ...(isPatch(job) ? job : {}), enabled: enabled === 1, state: parseJson(String(state_json)) };
      });
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
