/** What could be installed here, as far as this machine can reach it: the wanted OpenClaw, and Node in its releases. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseJson } from '../../core/json.ts';
import { isPatch, type Patch } from '../../core/patch.ts';
import type { Place } from '../place.ts';
import type { ReplyOf, RequestOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { SidecarError } from '../sidecar-error.ts';
import { download, registryOf, requireSecure } from './download.ts';

type Resolved = ReplyOf<'resolve'>;
type NodeReleases = Pick<Resolved, 'node_source' | 'node_versions'>;

/** The short form: without it the answer is ten times as large. */
const SHORT = ['-H', 'Accept: application/vnd.npm.install-v1+json'];
const QUICKLY = ['--connect-timeout', '5', '--max-time'];
const ANSWER_SECONDS = '40';
/** Where it cannot be reached there is a registry. */
const OFFICIAL_SECONDS = '15';
const OFFICIAL = 'https://nodejs.org/dist';
const MAX_TOLD = 6_000;
const RELEASE = /^\d{4}\.\d+\.\d+(?:-\d+)?$/;

/** @throws SidecarError `insecure_source`, `registry_unreachable`, `unknown_version` with those that exist, `node_unavailable`. */
export async function resolve(place: Place, request: RequestOf<'resolve'>): Promise<Resolved> {
  const { wanted, registry: wished, node_mirror: mirror } = request;
  const registry = registryOf(wished);
  if (mirror !== '') requireSecure(mirror);
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-mcp-'));
  try {
    const asker = { place, folder, registry };
    const [release, releases] = await Promise.all([
      openclaw(asker, wanted),
      nodeReleases(asker, mirror.replace(/\/$/, '') || OFFICIAL),
    ]);
    const { home, port } = place;
    return { home, arch: process.arch, port, ...release, ...releases };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Asker {
  place: Place;
  /** For what is fetched, and what was said about it. */
  folder: string;
  registry: string;
}

interface Question {
  name: string;
  url: string;
  seconds: string;
  most?: number;
  more?: readonly string[];
}

/** @throws Error where nobody answers well; what was said stands in the log. */
async function asked({ place, folder }: Asker, question: Question): Promise<unknown> {
  const { name, url, seconds, most, more = [] } = question;
  const file = join(folder, name);
  await download({ place, log: `${file}.log` }, url, file, { more: [...QUICKLY, seconds, ...more], most });
  return parseJson(readFileSync(file, 'utf8'));
}

async function openclaw(
  asker: Asker,
  wanted: string,
): Promise<Pick<Resolved, 'openclaw_version' | 'engines'>> {
  const name = 'openclaw';
  try {
    const url = `${asker.registry}/openclaw/${wanted}`;
    const { version, engines } = object(await asked(asker, { name, url, seconds: ANSWER_SECONDS }));
    return { openclaw_version: textOf(version), engines: textOf(object(engines).node) };
  } catch {
    const said = logOf(asker, name);
    if (!said.includes('404')) throw new SidecarError('registry_unreachable', said.slice(-MAX_TOLD));
    throw new SidecarError('unknown_version', (await existing(asker)).join('\n'));
  }
}

/** None where the registry does not say. */
async function existing(asker: Asker): Promise<string[]> {
  const question = {
    name: 'all',
    url: `${asker.registry}/openclaw`,
    seconds: ANSWER_SECONDS,
    more: SHORT,
  };
  const all = object(await asked(asker, question).catch(() => undefined));
  return Object.keys(object(all.versions)).filter((version) => RELEASE.test(version));
}

async function nodeReleases(asker: Asker, official: string): Promise<NodeReleases> {
  const platform = process.platform === 'darwin' ? `osx-${process.arch}-tar` : `linux-${process.arch}`;
  const index = { name: 'index', url: `${official}/index.json`, seconds: OFFICIAL_SECONDS, most: 1 };
  const listed = await asked(asker, index).catch(() => undefined);
  const versions = (Array.isArray(listed) ? listed.filter(isPatch) : [])
    .filter(({ files }) => Array.isArray(files) && files.includes(platform))
    .map(({ version, lts }) => `${textOf(version).replace(/^v/, '')} ${lts}`);
  if (versions.length > 0) return { node_source: 'official', node_versions: versions };
  return { node_source: 'registry', node_versions: await registryVersions(asker) };
}

async function registryVersions(asker: Asker): Promise<string[]> {
  const darwin = process.platform === 'darwin';
  const url = `${asker.registry}/${darwin ? 'node-bin-darwin' : 'node-linux'}-${process.arch}`;
  const question = { name: 'package', url, seconds: ANSWER_SECONDS, more: SHORT };
  const versions = Object.keys(object(object(await asked(asker, question).catch(() => ({}))).versions));
  if (versions.length > 0) return versions.map((version) => `${version} -`);
  throw new SidecarError(
    'node_unavailable',
    `${logOf(asker, 'index')}${logOf(asker, 'package')}`.slice(-MAX_TOLD),
  );
}

const logOf = ({ folder }: Asker, name: string): string => readText(join(folder, `${name}.log`));
const object = (value: unknown): Patch => (isPatch(value) ? value : {});
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
