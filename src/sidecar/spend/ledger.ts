/** The files of a machine's limit: read by the plugin in the gateway and by the machine's own program, each in its moment. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Accounts, Limit, Meter } from './limit.ts';

/** `broken`: it is there and cannot be read, so that nobody knows what may be spent. */
export function readLimit(folder: string): Limit | undefined | 'broken' {
  const read = readNumbers(join(folder, 'limit.json'));
  if (read === undefined || read === 'broken') return read;
  const { set_at, tokens, usd, zone } = read;
  if (typeof set_at !== 'number') return 'broken';
  return {
    set_at,
    ...(typeof tokens === 'number' && { tokens }),
    ...(typeof usd === 'number' && { usd }),
    ...(typeof zone === 'string' && { zone }),
  };
}

/** Undefined where it is not there or cannot be read: what it counted is then known from the accounts alone. */
export function readMeter(folder: string): Meter | undefined {
  const read = readNumbers(join(folder, 'meter.json'));
  if (read === undefined || read === 'broken') return undefined;
  const { day, tokens } = read;
  return typeof day === 'string' && typeof tokens === 'number' ? { day, tokens } : undefined;
}

export function readAccounts(folder: string): Accounts | undefined {
  const read = readNumbers(join(folder, 'accounts.json'));
  if (read === undefined || read === 'broken' || typeof read.day !== 'string') return undefined;
  const number = (value: unknown) => (typeof value === 'number' ? value : 0);
  return {
    day: read.day,
    tokens: number(read.tokens),
    usd: number(read.usd),
    unpriced: number(read.unpriced),
    metered: number(read.metered),
  };
}

/** Whole or not at all, and its owner's alone. */
export function writeLedger(folder: string, name: 'limit' | 'meter' | 'accounts', content: object): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.json`);
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

function readNumbers(file: string): Record<string, unknown> | undefined | 'broken' {
  try {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof read === 'object' && read !== null ? { ...read } : 'broken';
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : 'broken';
  }
}
