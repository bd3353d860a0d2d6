/** Every database with the version of its schema, to tell a migration by. */
import { closeSync, type Dirent, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../core/errno.ts';
import { type Place, stateDir } from '../place.ts';

/** Where an SQLite file holds it. */
const OFFSET = 60;
const LENGTH = 4;

/** One line each, of its name below the state folder and the four bytes of its version. */
export function databaseVersions(place: Place): string {
  const root = stateDir(place);
  return files(root, '')
    .sort()
    .map((name) => `${name} ${version(join(root, name))}\n`)
    .join('');
}

function files(root: string, folder: string): string[] {
  return entriesOf(join(root, folder)).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return name === 'tmp' ? [] : files(root, name);
    return entry.isFile() && name.endsWith('.sqlite') ? [name] : [];
  });
}

/** A gateway that works while it is looked at makes and removes them. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

function version(file: string): string {
  const bytes = Buffer.alloc(LENGTH);
  try {
    const opened = openSync(file, 'r');
    try {
      readSync(opened, bytes, 0, LENGTH, OFFSET);
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return '-';
    throw error;
  }
  return bytes.join(' ');
}
