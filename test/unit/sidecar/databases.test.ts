/** What of a database is bound to where it lay: on a Node that has SQLite, as every machine's has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { rehomeDatabase } from '../../../src/sidecar/backup/databases.ts';

const sqlite = await import('node:sqlite').catch(() => undefined);
let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'databases-'));
  file = join(dir, 'state.sqlite');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** What `work` makes of the database, opened anew for it. */
function inDatabase<T>(work: (database: import('node:sqlite').DatabaseSync) => T): T {
  if (sqlite === undefined) throw new Error('skipped without SQLite');
  const database = new sqlite.DatabaseSync(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}
const keys = (table: string) =>
  inDatabase((database) => database.prepare(`SELECT store_key FROM "${table}" ORDER BY id`).all()).map(
    ({ store_key }) => store_key,
  );

it.skipIf(sqlite === undefined)(
  'automations are found below their new home, and nothing else changes',
  async () => {
    inDatabase((database) =>
      database.exec(`
      CREATE TABLE cron_jobs (id INTEGER PRIMARY KEY, store_key TEXT UNIQUE, job_json TEXT);
      INSERT INTO cron_jobs VALUES (1, '/home/a/.openclaw/cron/jobs.json', '/home/a/in the job'),
        (2, '/home/ab/.openclaw/cron/jobs.json', ''), (3, NULL, ''), (4, '/home/b/taken', ''), (5, '/home/a/taken', '');
      CREATE TABLE "odd ""name" (id INTEGER, store_key TEXT);
      INSERT INTO "odd ""name" VALUES (1, 'sqlite:/home/a/x');
      CREATE TABLE watched (id INTEGER, store_key TEXT);
      INSERT INTO watched VALUES (1, '/home/a/x');
      CREATE TRIGGER strange AFTER UPDATE ON watched BEGIN DELETE FROM cron_jobs; END;
    `),
    );
    await rehomeDatabase(file, '/home/a', '/home/b');
    expect(keys('cron_jobs')).toEqual([
      '/home/b/.openclaw/cron/jobs.json',
      '/home/ab/.openclaw/cron/jobs.json',
      null,
      '/home/b/taken',
      '/home/a/taken',
    ]);
    expect(keys('odd ""name')).toEqual(['sqlite:/home/b/x']);
    expect(keys('watched')).toEqual(['/home/a/x']);
    const jobs = inDatabase((database) =>
      database.prepare('SELECT job_json FROM cron_jobs WHERE id = 1').all(),
    );
    expect(jobs).toMatchObject([{ job_json: '/home/a/in the job' }]);
  },
);

it('what is no database is left as it is', async () => {
  writeFileSync(file, '/home/a/');
  await expect(rehomeDatabase(file, '/home/a', '/home/b')).resolves.toBeUndefined();
});
