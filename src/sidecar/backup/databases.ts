/** Copies of SQLite databases that are in use, without what binds them to the process that uses them. */
import { closeSync, copyFileSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';

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
  await unbindDatabase(copy);
}

/**
 * Removes leases and the ids of processes. 2026.9 takes the lease of a gateway elsewhere for a living one, and a process
 * that lives here under an old number for the owner of what it finds.
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
  const columns = database.prepare(`PRAGMA table_info(${quoted(table)})`).all();
  const names = columns.map(({ name }) => String(name));
  // A row with a plain `pid` is about that process and nothing else.
  if (/leases$/i.test(table) || names.includes('pid')) database.exec(`DELETE FROM ${quoted(table)}`);
  for (const name of names.filter((each) => /_pid$/i.test(each))) {
    database.exec(
      `UPDATE ${quoted(table)} SET ${quoted(name)} = ${NOBODY} WHERE ${quoted(name)} IS NOT NULL`,
    );
  }
}

/**
 * Automations stand under the place of their file: below another home nobody finds them, and they vanish without a word.
 */
export async function rehomeDatabase(file: string, from: string, to: string): Promise<void> {
  if (from === to || !isDatabase(file)) return;
  const { DatabaseSync: Database } = await import('node:sqlite');
  const database = new Database(file, { timeout: BUSY_MS });
  try {
    for (const table of plainTables(database)) {
      const columns = database.prepare(`PRAGMA table_info(${quoted(table)})`).all();
      if (!columns.some(({ name }) => name === 'store_key')) continue;
      const sql = `UPDATE OR IGNORE ${quoted(table)} SET store_key = replace(store_key, ?, ?) WHERE instr(store_key, ?) > 0`;
      database.prepare(sql).run(`${from}/`, `${to}/`, `${from}/`);
    }
  } finally {
    database.close();
  }
}

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
