/** The files of a machine's limit: read by the plugin in the gateway and by the machine's own program, each in its moment. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Accounts, isAmount, isZone, type Limit, type Meter } from './limit.ts';

/** `broken`: it is there and cannot be read, so that nobody knows what may be spent. */
export function readLimit(folder: string): Limit | undefined | 'broken' {
  const read = readNumbers(join(folder, 'limit.json'));
  if (read === undefined || read === 'broken') return read;
  const { set_at, tokens, usd, zone } = read;
  if (!isAmount(set_at) || ![tokens, usd].every((most) => most === undefined || (isAmount(most) && most > 0)))
    return 'broken';
  return {
    set_at,
    ...(isAmount(tokens) && { tokens }),
    ...(isAmount(usd) && { usd }),
    // The days of a zone that is not known here are those of UTC.
    ...(typeof zone === 'string' && isZone(zone) && { zone }),
  };
}

/** Undefined where it is not there or cannot be read: what it counted is then known from the accounts alone. */
export function readMeter(folder: string): Meter | undefined {
  const read = readNumbers(join(folder, 'meter.json'));
  if (read === undefined || read === 'broken') return undefined;
  const { day, tokens } = read;
  return typeof day === 'string' && isAmount(tokens) ? { day, tokens } : undefined;
}

export function readAccounts(folder: string): Accounts | undefined {
  const read = readNumbers(join(folder, 'accounts.json'));
  if (read === undefined || read === 'broken' || typeof read.day !== 'string') return undefined;
  const number = (value: unknown) => (isAmount(value) ? value : 0);
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
