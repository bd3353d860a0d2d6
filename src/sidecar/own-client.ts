/** One request to the program that runs on this machine: for whoever has no curl, and for its own start. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { attempt } from '../core/errno.ts';
import { exchange } from './exchange.ts';
import type { Place } from './place.ts';
import { programsDir } from './program-file.ts';
import { MAX_DOCUMENT_BYTES, PROGRAM, type Program } from './wire.ts';

const HELLO_MS = 3_000;
/** A socket's name may have about 104 bytes, and homes are longer: one is in its folder, and says `s`. */
export const SOCKET = 's';

/** Enters the folder with the socket. False where there is none. */
export function enterSocketFolder(place: Place): boolean {
  process.chdir(programsDir(place));
  if (isSocket(SOCKET)) return true;
  try {
    const elsewhere = readFileSync(join(programsDir(place), 'at'), 'utf8').trim();
    // Under /tmp anybody could make a folder of this name after a reboot.
    if (statSync(elsewhere).uid !== process.getuid?.()) return false;
    process.chdir(elsewhere);
    return isSocket(SOCKET);
  } catch {
    return false;
  }
}

function isSocket(path: string): boolean {
  return attempt(() => lstatSync(path).isSocket(), false);
}

/** In the folder of the socket. @throws the system's error where nobody answers. */
export function askSocket(body: string): Promise<string> {
  return asked('POST', '/', body);
}

/** Who runs; undefined where nobody says so in time. */
export async function runningProgram(place: Place): Promise<Program | undefined> {
  if (!enterSocketFolder(place)) return undefined;
  try {
    const read = PROGRAM.safeParse(JSON.parse(await asked('GET', '/hello', '', HELLO_MS)));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

async function asked(method: string, path: string, body: string, timeout?: number): Promise<string> {
  const answer = await exchange({ socketPath: SOCKET, method, path, timeout }, body, MAX_DOCUMENT_BYTES);
  if (answer.cut) throw new Error('Its answer has no end');
  return answer.body;
}
