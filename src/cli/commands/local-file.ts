/** A file of this computer as a person in a terminal names it: relative to the folder where they are. */
import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { ToolCommand } from './table.ts';

/** The arguments with the whole path of the file in them. Where a file is saved without a name, its own is taken. */
export function withLocalFile(
  { localFile }: Pick<ToolCommand, 'localFile'>,
  args: Readonly<Record<string, unknown>>,
  folder: () => string,
): Readonly<Record<string, unknown>> {
  if (localFile === undefined) return args;
  const { action, path } = args;
  const named = args[localFile];
  if (action === 'save') {
    const wanted = typeof named === 'string' ? named : basename(String(path ?? ''));
    // The tool says what is missing, or wrong with a name that a machine brought.
    return wanted === '' || (named === undefined && wanted.startsWith('.'))
      ? args
      : { ...args, [localFile]: resolve(folder(), wanted) };
  }
  if (typeof named !== 'string') return args;
  const whole = resolve(folder(), named);
  // A bare name also means the folder that is there for sending.
  return basename(named) === named && !existsSync(whole) ? args : { ...args, [localFile]: whole };
}
