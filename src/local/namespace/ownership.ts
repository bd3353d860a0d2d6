/** Makes folders of the host belong to the user as whom a machine runs, also those that another runtime or an older version left. */
import { chmod, copyFile, lchown, mkdir, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Identity } from './identity.ts';

/**
 * Makes `folder` and all in it belong to `identity`; nothing to do when it does already. Follows no link.
 * @throws as the system does when this process may not
 */
export async function handOver(folder: string, identity: Identity): Promise<void> {
  const { uid, gid } = await stat(folder);
  if (uid === identity.uid && gid === identity.gid) return;
  await handOverContent(folder, identity);
  // Last, so that an interrupted round is begun again.
  await lchown(folder, identity.uid, identity.gid);
}

async function handOverContent(folder: string, identity: Identity): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) await handOverContent(name, identity);
    await lchown(name, identity.uid, identity.gid);
  }
}

/** Copies a file, or a folder with what its links lead to, so that everybody may read the copy. */
export async function copyReadable(from: string, to: string): Promise<void> {
  if (!(await stat(from)).isDirectory()) {
    await copyFile(from, to);
    return await chmod(to, 0o644);
  }
  await mkdir(to, { recursive: true });
  await chmod(to, 0o755);
  for (const name of await readdir(from)) {
    // One unreadable file of the host, or a link that leads nowhere, is no reason not to boot.
    await copyReadable(path.join(from, name), path.join(to, name)).catch(() => {});
  }
}
