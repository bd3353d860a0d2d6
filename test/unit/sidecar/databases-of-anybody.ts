/** A database that may be anybody's: what stands in it means something where OpenClaw made it, and nothing elsewhere. */

/** Undefined before Node 22. */
export const sqlite = await import('node:sqlite').catch(() => undefined);
/** Tables as OpenClaw's own and anybody else's have them. */
export function fill(file: string): void {
  if (sqlite === undefined) return;
  const database = new sqlite.DatabaseSync(file);
  database.exec(`CREATE TABLE products (pid INTEGER, name TEXT); INSERT INTO products VALUES (1, 'a');
    CREATE TABLE leases (tenant TEXT, last_pid INTEGER); INSERT INTO leases VALUES ('b', 7);
    CREATE TABLE cron_jobs (store_key TEXT); INSERT INTO cron_jobs VALUES ('/x/.openclaw/cron/jobs.json');`);
  database.close();
}

/** The rows that are left of them. */
export function rows(file: string) {
  if (sqlite === undefined) return [];
  const database = new sqlite.DatabaseSync(file, { readOnly: true });
  const from = (table: string) => database.prepare(`SELECT * FROM ${table}`).all();
  const all = ['products', 'leases', 'cron_jobs'].flatMap(from).map((row) => Object.values(row));
  database.close();
  return all;
}
