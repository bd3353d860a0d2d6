/** Copies of SQLite databases that are in use, without what binds them to the process that uses them. */
import { closeSync, copyFileSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { SidecarError } from '../sidecar-error.ts';

/** A writer may hold it for as long as this. */
const BUSY_MS = 20_000;
/** Higher than any system counts: a process of this number does not live anywhere. */
const NOBODY = 2_147_483_647;

/**
 * A database that is being written is not whole as a file, nor without the log beside it: SQLite itself makes the copy.
 * @throws where it cannot be copied.
 */
export async function copyDatabase(file: string, copy: string): Promise<void> {
  mkdirSync(dirname(copy), { recursive: true, mode: 0o700 });
  if (!isDatabase(file)) return copyFileSync(file, copy);
  const { DatabaseSync: Database, backup } = await import('node:sqlite');
  const database = new Database(file, { readOnly: true, timeout: BUSY_MS });
  try {
    await backup(database, copy);
  } catch {
    // Copying pages gives up at once where somebody writes without a log beside; reading waits for its turn.
    rmSync(copy, { force: true });
    database.prepare('VACUUM INTO ?').run(copy);
  } finally {
    database.close();
  }
}

/**
 * Removes leases and the ids of processes, of a database of OpenClaw's own: in somebody else's a `pid` may be anything.
 * 2026.9 takes the lease of a gateway elsewhere for a living one, and a process that lives here under an old number for the
 * owner of what it finds.
 */
export async function unbindDatabase(file: string): Promise<void> {
  if (!isDatabase(file)) return;
  const { DatabaseSync: Database } = await import('node:sqlite');
  const database = new Database(file, { timeout: BUSY_MS });
  try {
    for (const table of plainTables(database)) unbind(database, table);
  } finally {
    database.close();
  }
}

/** By the names of tables and columns, so that those of releases to come are found too. */
function unbind(database: DatabaseSync, table: string): void {
  const names = columnsOf(database, table);
  // A row with a plain `pid` is about that process and nothing else.
  if (/leases$/i.test(table) || names.includes('pid')) database.exec(`DELETE FROM ${quoted(table)}`);
  for (const name of names.filter((each) => /_pid$/i.test(each))) {
    database.exec(
      `UPDATE ${quoted(table)} SET ${quoted(name)} = ${NOBODY} WHERE ${quoted(name)} IS NOT NULL`,
    );
  }
}

/**
 * Automations stand under the place of their file, and files of a turn under that of their folder: below another home nobody
 * finds them, and they vanish without a word.
 * @param store where the settings say that automations stand; those there stay.
 * @param emptied tables that lose their rows, in a state of another computer; its automations are switched off then.
 * @throws SidecarError `backup_unusable` where somebody's statements would run at such a change.
 */
export async function settleDatabase(
  file: string,
  { home, store, emptied }: { home: string; store?: unknown; emptied?: readonly string[] | undefined },
): Promise<void> {
  if (!isDatabase(file)) return;
  const { DatabaseSync: Database } = await import('node:sqlite');
  const database = new Database(file, { timeout: BUSY_MS });
  try {
    const plain = plainTables(database);
    if (emptied !== undefined) requirePlain(database, plain, [...emptied, AUTOMATIONS], file);
    for (const table of plain) {
      if (emptied?.some((name) => isNamed(table, name))) database.exec(`DELETE FROM ${quoted(table)}`);
      for (const name of columnsOf(database, table).filter((each) => PLACES.includes(each)))
        rehome(database, { table, name, plain }, (was) => (was === store ? undefined : inState(was, home)));
    }
    if (emptied !== undefined && plain.some((table) => isNamed(table, AUTOMATIONS))) database.exec(ALL_OFF);
  } finally {
    database.close();
  }
}

const AUTOMATIONS = 'cron_jobs';
const ALL_OFF = `UPDATE cron_jobs SET enabled = 0,
  job_json = CASE WHEN json_valid(job_json) THEN json_set(job_json, '$.enabled', json('false')) ELSE job_json END`;

function requirePlain(
  database: DatabaseSync,
  plain: string[],
  changed: readonly string[],
  file: string,
): void {
  const there = database.prepare('SELECT name FROM sqlite_master').all();
  const odd = there.find(
    ({ name }) => changed.some((one) => isNamed(String(name), one)) && !plain.includes(String(name)),
  );
  if (odd !== undefined)
    throw new SidecarError('backup_unusable', `${file}: ${String(odd.name)} has a trigger`);
}

/** SQLite knows a table by its name in any letters. */
const isNamed = (table: string, name: string) => table.toLowerCase() === name.toLowerCase();

/** Columns that hold a place in the state. */
const PLACES = ['store_key', 'original_media_root'];
/** Where the store of automations is noted by releases that no longer have a setting for it. */
const NOTED = 'config_machine_state';

/** Below a state of another name only what always lies there is known. */
function inState(was: string, home: string): string | undefined {
  const [, below, known] = /[\\/]\.openclaw[\\/](.+)$|[\\/](cron[\\/][^\\/]+|media)$/.exec(was) ?? [];
  const name = below ?? known;
  return name && `${home}/.openclaw/${name.replaceAll('\\', '/')}`;
}

function rehome(
  database: DatabaseSync,
  { table, name, plain }: { table: string; name: string; plain: readonly string[] },
  placeOf: (was: string) => string | undefined,
): void {
  const run = (sql: string, ...values: string[]) => database.prepare(sql).run(...values);
  for (const row of database.prepare(`SELECT DISTINCT ${name} AS was FROM ${quoted(table)}`).all()) {
    const was = String(row.was);
    const now = placeOf(was);
    if (now === undefined) continue;
    if (plain.includes(NOTED))
      run(`UPDATE ${NOTED} SET value_json = json_quote(?) WHERE value_json = json_quote(?)`, now, was);
    run(`UPDATE OR IGNORE ${quoted(table)} SET ${name} = ? WHERE ${name} = ?`, now, was);
  }
}

const columnsOf = (database: DatabaseSync, table: string) =>
  database
    .prepare(`PRAGMA table_info(${quoted(table)})`)
    .all()
    .map(({ name }) => String(name));

/** A trigger would run a stranger's statements at each change: tables with one are left alone. */
function plainTables(database: DatabaseSync): string[] {
  const sql = `SELECT name FROM sqlite_master t WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'
    AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = t.name)`;
  return database
    .prepare(sql)
    .all()
    .map(({ name }) => String(name));
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

function isDatabase(file: string): boolean {
  const head = Buffer.alloc(15);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, head, 0, head.length, 0);
  } finally {
    closeSync(opened);
  }
  return head.toString('latin1') === 'SQLite format 3';
}
