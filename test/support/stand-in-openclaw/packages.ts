/** What the stand-in registry holds: OpenClaw's versions, Node, npm and bun, each as small as the scripts allow. */
import { readdirSync, readFileSync } from 'node:fs';
import { TESTED_RELEASE, type TestedRelease } from '../../../src/openclaw/catalog/tested-release.ts';
import { type ArchiveFile, tarball } from './tarball.ts';

/** Every OpenClaw in the registry with the Node that the real release of that version asks for. */
export const OPENCLAW_VERSIONS: Readonly<Record<string, { node: string; broken: boolean }>> = {
  '2026.3.24': { node: '>=22.14.0', broken: false },
  '2026.7.1': { node: '>=22.22.3 <23 || >=24.15.0 <25 || >=25.9.0', broken: false },
  '2026.9.4': { node: '>=24.16.0 <25 || >=26.1.0', broken: true },
  '2026.9.6': { node: '>=24.16.0 <25 || >=26.1.0', broken: false },
};
export const LATEST = '2026.9.6';
/** The tested release without its sums: what stands in for it has others. */
export const STAND_IN_RELEASE: TestedRelease = { ...TESTED_RELEASE, sums: {} };
/** Installs and answers `--version`, but its gateway exits at once. */
export const BROKEN_VERSION = '2026.9.4';

/** Node releases, newest first, with the name of their long-term support line. */
export const NODE_VERSIONS: Readonly<Record<string, string | false>> = {
  '26.10.0': false,
  '24.21.0': 'Krypton',
  '22.23.3': 'Jod',
  '20.20.2': 'Iron',
};
export const NODE_PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'] as const;

const BUN_VERSION = '1.4.5';
const NPM_VERSION = '11.19.1';

export interface GatewayTiming {
  /** Milliseconds from the start of the gateway until it listens. */
  listenDelayMs: number;
  /** Milliseconds from listening until it is ready. */
  readyDelayMs: number;
}

export interface StandInPackage {
  name: string;
  version: string;
  /** Fields of package.json beyond name and version. */
  fields: object;
  files: readonly ArchiveFile[];
}

/** All packages of the registry, without their archives. */
export function registryPackages(timing: GatewayTiming): StandInPackage[] {
  return [
    ...Object.keys(OPENCLAW_VERSIONS).map((version) => openclawPackage(version, timing)),
    ...NODE_PLATFORMS.flatMap((platform) => Object.keys(NODE_VERSIONS).map((v) => nodePackage(platform, v))),
    ...NODE_PLATFORMS.map(bunPackage),
    npmPackage(),
    // The plugin of the other messenger is not there for the newest release.
    ...['2026.7.1', LATEST].map((version) => ({ name: '@openclaw/slack', version, fields: {}, files: [] })),
    { name: '@openclaw/discord', version: '2026.7.1', fields: {}, files: [] },
  ];
}

export function packageArchive({ name, version, fields, files }: StandInPackage): Promise<Buffer> {
  const manifest = { path: 'package.json', content: JSON.stringify({ name, version, ...fields }, null, 2) };
  return tarball('package', [manifest, ...files]);
}

/** The archive of the official Node distribution, which holds npm too. */
export function nodeArchive(version: string, platform: string): Promise<Buffer> {
  const npm = npmPackage().files.map((file) => ({ ...file, path: `lib/node_modules/npm/${file.path}` }));
  return tarball(`node-v${version}-${platform}`, [...nodeFiles(version), ...npm]);
}

function openclawPackage(version: string, timing: GatewayTiming): StandInPackage {
  const { node, broken } = OPENCLAW_VERSIONS[version] ?? { node: '>=20', broken: true };
  const files: ArchiveFile[] = sources('package').map((file) => ({
    ...file,
    executable: file.path === 'openclaw.mjs',
  }));
  const inventory = JSON.stringify(files.map((file) => file.path));
  return {
    name: 'openclaw',
    version,
    fields: {
      type: 'module',
      bin: { openclaw: 'openclaw.mjs' },
      engines: { node },
      standIn: { broken, ...timing },
    },
    // The real package has had its list of files since 2026.7.
    files: version.startsWith('2026.3.')
      ? files
      : [...files, { path: 'dist/postinstall-inventory.json', content: inventory }],
  };
}

function nodePackage(platform: string, version: string): StandInPackage {
  const name =
    platform === 'darwin-arm64' || platform === 'darwin-x64' ? `node-bin-${platform}` : `node-${platform}`;
  return { name, version, fields: { bin: { node: 'bin/node' } }, files: nodeFiles(version) };
}

function nodeFiles(version: string): ArchiveFile[] {
  return [
    {
      path: 'bin/node',
      executable: true,
      content: [
        '#!/bin/sh',
        `if [ "$1" = --version ] || [ "$1" = -v ]; then echo v${version}; exit; fi`,
        `exec '${process.execPath}' --require "$(dirname "$(readlink -f "$0")")/../pretend-node.cjs" "$@"`,
        '',
      ].join('\n'),
    },
    { path: 'pretended-version', content: version },
    ...sources('tools').filter((file) => file.path === 'pretend-node.cjs'),
  ];
}

function bunPackage(platform: string): StandInPackage {
  const content = [
    '#!/bin/sh',
    `exec '${process.execPath}' "$(dirname "$(readlink -f "$0")")/../install.mjs" bun "$@"`,
    '',
  ].join('\n');
  return {
    name: `@oven/bun-${platform.replace('linux-arm64', 'linux-aarch64').replace('darwin-arm64', 'darwin-aarch64')}`,
    version: BUN_VERSION,
    fields: {},
    files: [{ path: 'bin/bun', executable: true, content }, ...installer()],
  };
}

function npmPackage(): StandInPackage {
  const content = [
    "process.argv.splice(2, 0, 'npm');",
    "import(require('node:url').pathToFileURL(require('node:path').join(__dirname, '../install.mjs')).href);",
    '',
  ].join('\n');
  return {
    name: 'npm',
    version: NPM_VERSION,
    fields: { bin: { npm: 'bin/npm-cli.js' } },
    files: [{ path: 'bin/npm-cli.js', content }, ...installer()],
  };
}

function installer(): ArchiveFile[] {
  return sources('tools').filter((file) => file.path === 'install.mjs');
}

function sources(folder: 'package' | 'tools'): ArchiveFile[] {
  const dir = new URL(`./${folder}/`, import.meta.url);
  return readdirSync(dir).map((name) => ({ path: name, content: readFileSync(new URL(name, dir), 'utf8') }));
}
