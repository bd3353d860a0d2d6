/** A package registry and a Node distribution on loopback, so that the real machine scripts install without network. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import {
  type GatewayTiming,
  LATEST,
  NODE_PLATFORMS,
  NODE_VERSIONS,
  nodeArchive,
  packageArchive,
  registryPackages,
  type StandInPackage,
} from './packages.ts';

export interface FakeRegistryOptions extends Partial<GatewayTiming> {
  /** Paths of archives, as the server sees them, that arrive damaged. */
  damaged?: ((path: string) => boolean) | undefined;
  /** Paths that are answered with this status instead. */
  refuse?: ((path: string) => number | undefined) | undefined;
}

export interface FakeRegistry {
  /** The registry; the Node distribution lies under `<url>/dist`. */
  url: string;
  /** Paths asked for so far, decoded, oldest first. */
  requests: readonly string[];
  /** Paths that get no answer while this is set. */
  held: RegExp | undefined;
  /** How many clients wait for an answer that they do not get. */
  holding(): number;
  close(): Promise<void>;
}

/** Starts listening on 127.0.0.1. */
export async function startFakeRegistry(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
  const { listenDelayMs = 0, readyDelayMs = 50 } = options;
  const packages = registryPackages({ listenDelayMs, readyDelayMs });
  const archives = new Map<string, Promise<Buffer>>();
  const requests: string[] = [];
  let holding = 0;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://registry').pathname);
    requests.push(path);
    if (registry.held?.test(path)) {
      holding += 1;
      response.once('close', () => {
        holding -= 1;
      });
      return;
    }
    answer(path, response).catch((error: unknown) => send(response, 500, { error: String(error) }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry has no TCP address');
  const url = `http://127.0.0.1:${address.port}`;

  async function answer(path: string, response: ServerResponse): Promise<void> {
    const refusal = options.refuse?.(path);
    if (refusal !== undefined) return send(response, refusal, { error: 'refused on purpose' });
    if (path.startsWith('/dist/')) return distribution(path.slice('/dist/'.length), response);
    const archive = packages.find((each) => path === archivePath(each));
    if (archive) return sendArchive(path, await archiveOf(archive), response);
    const [, name = '', version] = /^\/((?:@[^/]+\/)?[^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const versions = packages.filter((each) => each.name === name);
    if (versions.length === 0) return send(response, 404, { error: 'Not found' });
    if (version === undefined) return send(response, 200, await packument(name, versions));
    const wanted = tags(versions)[version] ?? version;
    const found = versions.find((each) => each.version === wanted);
    if (!found) return send(response, 404, `version not found: ${version}`);
    return send(response, 200, await manifest(found));
  }

  async function distribution(path: string, response: ServerResponse): Promise<void> {
    if (path === 'index.json') return send(response, 200, nodeIndex());
    const [, version = '', file = ''] = /^v([\d.]+)\/(.+)$/.exec(path) ?? [];
    if (NODE_VERSIONS[version] === undefined) return send(response, 404, 'not found');
    if (file === 'SHASUMS256.txt') {
      const lines = NODE_PLATFORMS.map(async (platform) => {
        const bytes = await cached(`node ${version} ${platform}`, () => nodeArchive(version, platform));
        return `${createHash('sha256').update(bytes).digest('hex')}  node-v${version}-${platform}.tar.gz\n`;
      });
      response.end((await Promise.all(lines)).join(''));
      return;
    }
    const platform = NODE_PLATFORMS.find((each) => file === `node-v${version}-${each}.tar.gz`);
    if (!platform) return send(response, 404, 'not found');
    const bytes = await cached(`node ${version} ${platform}`, () => nodeArchive(version, platform));
    return sendArchive(`/dist/${path}`, bytes, response);
  }

  function cached(key: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const known = archives.get(key);
    if (known) return known;
    const made = make();
    archives.set(key, made);
    return made;
  }

  function archiveOf(each: StandInPackage): Promise<Buffer> {
    return cached(`${each.name}@${each.version}`, () => packageArchive(each));
  }

  function sendArchive(path: string, bytes: Buffer, response: ServerResponse): void {
    response.setHeader('content-type', 'application/octet-stream');
    response.end(options.damaged?.(path) ? Buffer.concat([bytes, Buffer.from([0])]) : bytes);
  }

  async function manifest(each: StandInPackage) {
    const bytes = await archiveOf(each);
    const dist = {
      integrity: `sha512-${createHash('sha512').update(bytes).digest('base64')}`,
      shasum: createHash('sha1').update(bytes).digest('hex'),
      tarball: `${url}${archivePath(each)}`,
    };
    return {
      name: each.name,
      version: each.version,
      ...each.fields,
      _id: `${each.name}@${each.version}`,
      dist,
    };
  }

  async function packument(name: string, versions: readonly StandInPackage[]) {
    const manifests = await Promise.all(versions.map(manifest));
    return {
      _id: name,
      name,
      'dist-tags': tags(versions),
      versions: Object.fromEntries(manifests.map((each) => [each.version, each])),
    };
  }

  const registry: FakeRegistry = {
    url,
    requests,
    held: undefined,
    holding: () => holding,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return registry;
}

function archivePath({ name, version }: StandInPackage): string {
  return `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
}

/** `old` is the first of them. */
function tags(versions: readonly StandInPackage[]): Record<string, string> {
  const known = versions.map((each) => each.version);
  const old = known[0] ?? '';
  return { latest: known.includes(LATEST) ? LATEST : old, old };
}

function nodeIndex() {
  return Object.entries(NODE_VERSIONS).map(([version, lts]) => ({
    version: `v${version}`,
    date: '2026-10-28',
    files: ['linux-arm64', 'linux-x64', 'osx-arm64-tar', 'osx-x64-tar'],
    npm: '11.19.1',
    lts,
    security: false,
  }));
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
