/** What of a database is bound to where it lay: on a Node that has SQLite, as every machine's has. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { settleDatabase } from '../../../src/sidecar/backup/databases.ts';

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
      CREATE TABLE cron_jobs (id INTEGER PRIMARY KEY, store_key TEXT UNIQUE, enabled INTEGER, job_json TEXT);
      INSERT INTO cron_jobs VALUES (1, '/home/a/.openclaw/cron/jobs.json', 1, '{"in":"/home/a/cron/jobs.json"}'),
        (2, 'C:\\Users\\a\\.openclaw\\cron\\other.json', 1, '{}'), (3, NULL, 1, ''), (4, 'elsewhere', 1, '');
      CREATE TABLE watched (id INTEGER, store_key TEXT);
      INSERT INTO watched VALUES (1, '/home/a/.openclaw/cron/jobs.json');
      CREATE TRIGGER strange AFTER UPDATE ON watched BEGIN DELETE FROM cron_jobs; END;
    `),
    );
    await settleDatabase(file, { home: '/home/b' });
    expect(keys('cron_jobs')).toEqual([
      '/home/b/.openclaw/cron/jobs.json',
      '/home/b/.openclaw/cron/other.json',
      null,
      'elsewhere',
    ]);
    // Nobody's statements have run.
    expect(keys('watched')).toEqual(['/home/a/.openclaw/cron/jobs.json']);
    const jobs = inDatabase((database) => database.prepare('SELECT enabled, job_json FROM cron_jobs').all());
    expect(jobs[0]).toMatchObject({ enabled: 1, job_json: '{"in":"/home/a/cron/jobs.json"}' });
  },
);

it.skipIf(sqlite === undefined)(
  'what moves in is emptied and off by whatever letters its tables are written with',
  async () => {
    inDatabase((database) =>
      database.exec(`
      CREATE TABLE CRON_JOBS (id INTEGER PRIMARY KEY, store_key TEXT, enabled INTEGER, job_json TEXT);
      INSERT INTO CRON_JOBS VALUES (1, 'x', 1, '{"enabled":true}');
      CREATE TABLE Paired_Devices (id INTEGER);
      INSERT INTO Paired_Devices VALUES (1);
    `),
    );
    await settleDatabase(file, { home: '/home/b', emptied: ['paired_devices'] });
    expect(
      inDatabase((database) => database.prepare('SELECT enabled, job_json FROM cron_jobs').all()),
    ).toEqual([{ enabled: 0, job_json: '{"enabled":false}' }]);
    expect(inDatabase((database) => database.prepare('SELECT * FROM paired_devices').all())).toEqual([]);
  },
);

it.skipIf(sqlite === undefined)(
  'automations of a store of their own are found below the new home, and so are files of a turn',
  async () => {
    inDatabase((database) =>
      database.exec(`
      CREATE TABLE cron_jobs (id INTEGER, store_key TEXT, enabled INTEGER, job_json TEXT);
      INSERT INTO cron_jobs VALUES (1, '/home/a/.openclaw/my/jobs.json', 1, ''), (2, '/data/state/cron/jobs.json', 1, ''),
        (3, '/mnt/cron/named.json', 1, '');
      CREATE TABLE config_machine_state (state_key TEXT, value_json TEXT);
      INSERT INTO config_machine_state VALUES ('cron.store', '"/home/a/.openclaw/my/jobs.json"'), ('other', '"x"');
      CREATE TABLE managed_outgoing_image_records (id INTEGER, original_media_root TEXT);
      INSERT INTO managed_outgoing_image_records VALUES (1, '/home/a/.openclaw/media'), (2, '/data/state/media');
    `),
    );
    await settleDatabase(file, { home: '/home/b', store: '/mnt/cron/named.json' });
    expect(keys('cron_jobs')).toEqual([
      '/home/b/.openclaw/my/jobs.json',
      '/home/b/.openclaw/cron/jobs.json',
      // The settings say so: there OpenClaw looks for them.
      '/mnt/cron/named.json',
    ]);
    const texts = (sql: string) =>
      inDatabase((database) => database.prepare(sql).all()).flatMap((row) => Object.values(row));
    const noted = 'SELECT value_json FROM config_machine_state';
    expect(texts(noted)).toEqual(['"/home/b/.openclaw/my/jobs.json"', '"x"']);
    const roots = 'SELECT original_media_root FROM managed_outgoing_image_records';
    expect(texts(roots)).toEqual(['/home/b/.openclaw/media', '/home/b/.openclaw/media']);
  },
);

it('what is no database is left as it is', async () => {
  writeFileSync(file, '/home/a/');
  await expect(settleDatabase(file, { home: '/home/b' })).resolves.toBeUndefined();
});
