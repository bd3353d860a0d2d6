/** What we use of Node's own SQLite; the types of Node 20, by which the server is checked, lack it. */
declare module 'node:sqlite' {
  export class DatabaseSync {
    constructor(path: string, options?: { readOnly?: boolean; timeout?: number });
    exec(sql: string): void;
    prepare(sql: string): {
      all(): Record<string, unknown>[];
      run(...values: string[]): void;
    };
    close(): void;
  }
  /** Node 22.16 and later. */
  export function backup(database: DatabaseSync, path: string): Promise<number>;
}
