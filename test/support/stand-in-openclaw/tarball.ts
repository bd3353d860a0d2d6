/** Makes the archives of the stand-in registry with this computer's tar, as a real one would arrive. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface ArchiveFile {
  /** Relative to the archive's only top folder. */
  path: string;
  content: string;
  executable?: boolean;
}

/** A gzipped tar whose files all lie in `topFolder`. */
export async function tarball(topFolder: string, files: readonly ArchiveFile[]): Promise<Buffer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'stand-in-archive-'));
  try {
    for (const file of files) {
      const target = path.join(dir, topFolder, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      await writeFile(target, file.content);
      await chmod(target, file.executable ? 0o755 : 0o644);
    }
    const { stdout } = await run('tar', ['-czf', '-', '-C', dir, topFolder], {
      encoding: 'buffer',
      maxBuffer: 1 << 26,
    });
    return stdout;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
