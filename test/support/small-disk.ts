/** A disk of some kilobytes, which fills up as a real one does. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Whether this computer lets its users mount one in a namespace of their own. */
export const hasSmallDisks =
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

/** `command` with an empty disk of this size at `folder`, which only it and its children see. */
export function onSmallDisk(folder: string, size: string, command: readonly string[]): string[] {
  const inside = 'mount -t tmpfs -o "size=$0" none "$1" && shift && exec "$@"';
  return ['unshare', '-rm', 'sh', '-c', inside, size, folder, ...command];
}

/** Runs a module written in TypeScript on such a disk. @returns what it printed. */
export async function runOnSmallDisk(
  script: string,
  {
    folder,
    size,
    programDir,
    plugins,
  }: { folder: string; size: string; programDir: string; plugins?: Plugin[] },
): Promise<string> {
  const program = join(programDir, 'program.mjs');
  await build({
    stdin: { contents: script, resolveDir: '/', loader: 'ts' },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    logLevel: 'silent',
    ...(plugins === undefined ? {} : { plugins }),
  });
  const [file = '', ...args] = onSmallDisk(folder, size, [process.execPath, program]);
  return execFileSync(file, args, { encoding: 'utf8' });
}
