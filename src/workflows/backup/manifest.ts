/** What a backup says about itself, read from the head of the archive without unpacking the rest. */

import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { AppError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { type BackupManifest, backupManifest } from '../../openclaw/backup.ts';

const MANIFEST = 'openclaw-backup.json';
/** A tar header is one block; the size of the file stands in it as octal digits. */
const BLOCK = 512;
const MAX_MANIFEST = 64 * 1024;

/** @throws AppError `invalid_input` when `file` is no backup of ours. */
export async function readManifest(file: string): Promise<BackupManifest> {
  const head = await unpackedHead(file, BLOCK + MAX_MANIFEST);
  const name = head.toString('latin1', 0, MANIFEST.length + 1);
  const size = Number.parseInt(head.toString('latin1', 124, 136), 8);
  const parsed =
    name === `${MANIFEST}\0` && size <= MAX_MANIFEST
      ? backupManifest.safeParse(parseJson(head.toString('utf8', BLOCK, BLOCK + size)))
      : undefined;
  if (parsed?.success) return parsed.data;
  throw new AppError('invalid_input', 'This file is not a backup that backup_openclaw made', {
    next: 'Pass the file as backup_openclaw returned it.',
  });
}

/** Whether it begins as a backup of ours does, whole or not. */
export async function beginsAsOurs(file: string): Promise<boolean> {
  const head = await unpackedHead(file, BLOCK);
  return head.toString('latin1', 0, MANIFEST.length + 1) === `${MANIFEST}\0`;
}

async function unpackedHead(file: string, bytes: number): Promise<Buffer> {
  const packed = createReadStream(file);
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  const chunks: Buffer[] = [];
  let seen = 0;
  try {
    for await (const chunk of unpacked) {
      chunks.push(chunk);
      seen += chunk.length;
      if (seen >= bytes) break;
    }
  } catch {
    // Not gzip: what there is of it will not be a manifest.
  } finally {
    packed.destroy();
  }
  return Buffer.concat(chunks);
}
