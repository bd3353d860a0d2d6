/** Input and output of one command as a shell would set them up: a file or nothing to read, pipes to write to. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, constants, fchownSync, openSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Identity } from './identity.ts';

export interface CommandStdio {
  /** For `spawn`. */
  stdio: (number | 'ignore')[];
  stdout: Readable;
  stderr: Readable;
  /** Closes our copies of the command's ends; the streams end when every process that holds the others has. */
  release(): void;
}

/**
 * Node's own pipes for children are sockets: bash takes itself for a remote shell on one and reads ~/.bashrc, and
 * `/dev/stderr` cannot be opened. So these are real pipes, and stdin is a file that no name leads to.
 * They belong to `identity`, whom the machine runs as.
 * @param folder a private folder; nothing stays in it
 */
export async function commandStdio(
  mkfifo: string,
  folder: string,
  identity: Identity,
  stdin: string | undefined,
): Promise<CommandStdio> {
  const [outName, errName] = [path.join(folder, randomUUID()), path.join(folder, randomUUID())];
  await promisify(execFile)(mkfifo, ['-m', '600', outName, errName]);
  const out = openPipe(outName, identity);
  const err = openPipe(errName, identity);
  const input = stdin === undefined ? undefined : unnamedFile(folder, stdin, identity);
  return {
    stdio: [input ?? 'ignore', out.write, err.write],
    stdout: out.read,
    stderr: err.read,
    release: () => {
      for (const fd of [input, out.write, err.write]) if (fd !== undefined) closeSync(fd);
    },
  };
}

function openPipe(fifo: string, { uid, gid }: Identity): { read: Readable; write: number } {
  // Non-blocking, since no writer is there yet; the writer's end blocks, as programs expect of their output.
  const read = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const write = openSync(fifo, constants.O_WRONLY);
  rmSync(fifo);
  fchownSync(write, uid, gid);
  return { read: new Socket({ fd: read, readable: true, writable: false }), write };
}

function unnamedFile(folder: string, text: string, { uid, gid }: Identity): number {
  const file = path.join(folder, randomUUID());
  const fd = openSync(file, 'wx+', 0o600);
  rmSync(file);
  fchownSync(fd, uid, gid);
  const bytes = Buffer.from(text, 'utf8');
  // At explicit positions, so that the command reads from the start.
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  return fd;
}
