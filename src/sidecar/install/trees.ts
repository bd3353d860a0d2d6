/** Node and OpenClaw under the persistent home, each in a folder named after its version that appears only when whole. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readlinkSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../../core/errno.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { writeWhole } from '../state/object-file.ts';

export interface Versions {
  node_version: string;
  openclaw_version: string;
}

export interface Trees {
  node: string;
  app: string;
}

export function treesOf(place: Place, { node_version, openclaw_version }: Versions): Trees {
  return {
    node: join(mcpDir(place), `node-${node_version}`),
    app: join(mcpDir(place), `app-${openclaw_version}`),
  };
}

export async function nodeIsWhole(tree: string, version: string): Promise<boolean> {
  return (await output(join(tree, 'bin/node'), ['--version'])).trim() === `v${version}`;
}

/** What the installer leaves last; a repair asks more of a tree. */
export function appIsThere(tree: string): boolean {
  return (
    (statSync(join(tree, 'node_modules/openclaw/package.json'), { throwIfNoEntry: false })?.size ?? 0) > 0
  );
}

function output(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout) => resolve(error === null ? stdout : ''));
  });
}

/** @returns whether another version was current before. */
export function switchVersions(place: Place, { node_version, openclaw_version }: Versions): boolean {
  const app = `app-${openclaw_version}`;
  const switched = linkTarget(place, 'current') !== app;
  switchLink(`node-${node_version}`, join(mcpDir(place), 'node'));
  switchLink(app, join(mcpDir(place), 'current'));
  writeWrapper(place);
  return switched;
}

/** Replaced in one step, so that it never points nowhere. */
export function switchLink(target: string, link: string): void {
  rmSync(`${link}.new`, { force: true });
  symlinkSync(target, `${link}.new`);
  renameSync(`${link}.new`, link);
}

/** OpenClaw for a person on this machine, with the same places as the gateway. */
function writeWrapper(place: Place): void {
  const own = mcpDir(place);
  const file = join(own, 'bin/openclaw');
  mkdirSync(join(own, 'bin'), { recursive: true, mode: 0o700 });
  const lines = [
    '#!/bin/bash',
    '# OpenClaw for a person on this machine, with the same places as the gateway.',
    `export HOME='${place.home}' OPENCLAW_STATE_DIR='${stateDir(place)}' PATH="${own}/node/bin:$PATH"`,
    `exec '${own}/node/bin/node' '${own}/current/node_modules/openclaw/openclaw.mjs' "$@"`,
    '',
  ];
  writeWhole(file, lines.join('\n'));
  chmodSync(file, 0o700);
}

/** Empty where there is no such link. */
export function linkTarget(place: Place, name: 'node' | 'current'): string {
  return attempt(() => readlinkSync(join(mcpDir(place), name)), '');
}
