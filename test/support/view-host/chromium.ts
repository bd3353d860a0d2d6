/** A browser for tests of the page: the one that a development dependency brings, unpacked once, or the computer's own. */
import { spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const CACHE = resolve(import.meta.dirname, '../../../node_modules/.cache/chromium');
const INSTALLED = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a browser that starts; undefined where there is none for this computer. */
export async function findChromium(): Promise<string | undefined> {
  const { OPENCLAW_MCP_TEST_CHROMIUM } = process.env;
  const candidates = [OPENCLAW_MCP_TEST_CHROMIUM, await unpacked(), ...INSTALLED];
  return candidates.find((path) => path !== undefined && starts(path));
}

/** It lacks a library, or is for another kind of computer: then it says no version. */
function starts(path: string): boolean {
  const { status, stdout } = spawnSync(path, ['--version'], { timeout: 30_000, encoding: 'utf8' });
  return status === 0 && stdout.length > 0;
}

/** The package's own function unpacks to a fixed place in the shared folder for temporary files. */
async function unpacked(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const packed = join(dirname(entry), '..', 'bin', 'chromium.br');
  const { version } = JSON.parse(await readFile(join(dirname(entry), '..', 'package.json'), 'utf8'));
  const path = join(CACHE, String(version));
  try {
    await access(path);
    return path;
  } catch {
    await mkdir(CACHE, { recursive: true });
    const beside = `${path}.${process.pid}`;
    await pipeline(
      createReadStream(packed),
      createBrotliDecompress(),
      createWriteStream(beside, { mode: 0o700 }),
    );
    await rename(beside, path);
    return path;
  }
}
