/** One request to the program that runs on this machine: for whoever has no curl, and for its own start. */
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
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
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

/** In the folder of the socket. @throws the system's error where nobody answers. */
export function askSocket(body: string): Promise<string> {
  return exchange('POST', '/', body, undefined);
}

/** Who runs; undefined where nobody says so in time. */
export async function runningProgram(place: Place): Promise<Program | undefined> {
  if (!enterSocketFolder(place)) return undefined;
  try {
    const read = PROGRAM.safeParse(JSON.parse(await exchange('GET', '/hello', '', HELLO_MS)));
    return read.success ? read.data : undefined;
  } catch {
    return undefined;
  }
}

function exchange(
  method: string,
  path: string,
  body: string,
  timeoutMs: number | undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: SOCKET, method, path, timeout: timeoutMs, agent: false },
      (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          pieces.push(piece);
          if (size > MAX_DOCUMENT_BYTES) asked.destroy(new Error('Its answer has no end'));
        });
        response.on('end', () => resolve(Buffer.concat(pieces).toString('utf8')));
        response.on('error', reject);
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('It does not answer')));
    asked.on('error', reject);
    asked.end(body);
  });
}
