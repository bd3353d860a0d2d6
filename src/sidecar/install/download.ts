/** Downloads that trust what the machine trusts and prove what they got. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../../core/clock.ts';
import { parseJson } from '../../core/json.ts';
import { isPatch } from '../../core/patch.ts';
import type { Place } from '../place.ts';
import { childEnvironment, trust } from '../process/environment.ts';
import { SidecarError } from '../sidecar-error.ts';

export interface Sources {
  place: Place;
  /** Without a slash at its end. */
  registry: string;
  /** Where Node's archives are; undefined for its own distribution. */
  nodeMirror: string | undefined;
  /** What an archive must be by the server's own source, which no mirror can change. */
  sums: Readonly<Record<string, string>>;
  /** Where installers and downloads print. */
  log: string;
}

const TRIES = 3;
const BETWEEN_MS = 1_000;
/** Of curl: the server did answer, with an error. */
const ANSWERED = 22;

/**
 * @param how further arguments of curl, which win over ours, and how often it is tried.
 * @throws Error where it cannot be had; what was said stands in the log.
 */
export async function download(
  sources: Pick<Sources, 'place' | 'log'>,
  url: string,
  file: string,
  { more = [], most = TRIES }: { more?: readonly string[]; most?: number | undefined } = {},
): Promise<void> {
  // A curl configuration of the user could send it anywhere (-q), and a redirect into the clear.
  const protocols = isOnLoopback(url) ? '=http' : '=https';
  const safely = ['-q', '--proto', protocols, '--proto-redir', '=https', '-fsSL'];
  const patiently = '--retry 2 --retry-delay 1 --connect-timeout 10 --speed-limit 1000 --speed-time 30';
  const args = [...safely, ...patiently.split(' '), ...more, '-o', file, url];
  const env = { ...childEnvironment(), ...trust(sources.place) };
  // curl's own retries leave out a name that is not known yet and a connection that breaks, both usual right after a boot.
  for (let tries = 1; ; tries++) {
    const code = await logged(sources.log, ['curl', ...args], { env });
    if (code === 0) return;
    if (code === ANSWERED || tries >= most) throw new Error(`${url} cannot be had`);
    await systemClock.sleep(BETWEEN_MS);
  }
}

/** What hangs holds the right to install. A slow disk and a slow network need minutes. */
const LONGEST_MS = 30 * 60_000;

/** Runs a program whose output goes to the log. @returns its exit code; 127 where it cannot be run. */
export async function logged(
  log: string,
  [program = '', ...args]: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd?: string },
): Promise<number> {
  const output = openSync(log, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      ...{ timeout: LONGEST_MS, killSignal: 'SIGKILL' },
      ...options,
      stdio: ['ignore', output, output],
    });
    const [code] = await once(child, 'exit');
    return typeof code === 'number' ? code : 1;
  } catch (error) {
    note(log, String(error));
    return 127;
  } finally {
    closeSync(output);
  }
}

export function note(log: string, line: string): void {
  appendFileSync(log, `${line}\n`, { mode: 0o600 });
}

/** @throws Error `wrong checksum`, said in the log too, since nothing else tells it from a failed download. */
export function requireSum(sources: Sources, name: string, wanted: string, got: string): void {
  if (wanted !== '' && wanted === got) return;
  note(sources.log, `${name}: wrong checksum`);
  throw new Error(`${name}: wrong checksum`);
}

export async function hashOf(algorithm: 'sha256' | 'sha512', file: string): Promise<Buffer> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file), hash);
  return hash.digest();
}

/** Nothing half stays in `folder` that is taken for whole. @throws Error. */
export async function unpackArchive(sources: Sources, archive: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const command = ['tar', '-xzf', archive, '-C', folder, '--strip-components=1'];
  if ((await logged(sources.log, command, { env: childEnvironment() })) !== 0)
    throw new Error(`${archive} cannot be unpacked`);
  rmSync(archive, { force: true });
}

/** Unpacks a package of the registry. @throws Error where it cannot be had. */
export async function unpackPackage(
  sources: Sources,
  name: string,
  version: string,
  folder: string,
): Promise<void> {
  const { registry, sums } = sources;
  await download(sources, `${registry}/${name.replace('/', '%2f')}/${version}`, `${folder}.json`);
  const doc = parseJson(readFileSync(`${folder}.json`, 'utf8'));
  const dist = isPatch(doc) && isPatch(doc.dist) ? doc.dist : {};
  const url = String(dist.tarball ?? '');
  // A registry elsewhere does not name this machine's own servers.
  if (isOnLoopback(url) && !isOnLoopback(registry)) throw new Error(`${name}: an address of this machine`);
  await download(sources, url, `${folder}.tgz`);
  const wanted = sums[`${name}@${version}`] ?? String(dist.integrity ?? '');
  const got = `sha512-${(await hashOf('sha512', `${folder}.tgz`)).toString('base64')}`;
  requireSum(sources, `${name}@${version}`, wanted, got);
  await unpackArchive(sources, `${folder}.tgz`, folder);
  rmSync(`${folder}.json`, { force: true });
}

/**
 * The machine's own registry wins: behind a proxy it is the only one that answers.
 * @throws SidecarError `insecure_source`.
 */
export function registryOf(wished: string): string {
  const { NPM_CONFIG_REGISTRY, npm_config_registry } = childEnvironment();
  const registry = (NPM_CONFIG_REGISTRY || npm_config_registry || wished).replace(/\/$/, '');
  requireSecure(registry);
  return registry;
}

/**
 * Only this machine itself may serve without https: what comes in the clear can be changed on its way, and so can the sums
 * beside it. @throws SidecarError `insecure_source`.
 */
export function requireSecure(url: string): void {
  if (!/^https:\/\/./.test(url) && !isOnLoopback(url)) throw new SidecarError('insecure_source');
}

export function isOnLoopback(url: string): boolean {
  return /^http:\/\/(?:127(?:\.[0-9]{1,3}){3}|localhost|\[::1\])(?::[0-9]{1,5})?(?:\/|$)/.test(url);
}
