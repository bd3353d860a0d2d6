/** Fetches a Node: from its own distribution, or as a package of the npm registry. */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import {
  download,
  hashOf,
  isOnLoopback,
  requireSum,
  type Sources,
  unpackArchive,
  unpackPackage,
} from './download.ts';
import { nodeIsWhole } from './trees.ts';

const OFFICIAL = 'https://nodejs.org/dist';

/** Tries `first`, then the other one. @param work a folder for what is not whole yet. @throws Error where neither has it. */
export async function fetchNode(
  sources: Sources,
  version: string,
  first: 'official' | 'registry',
  { work, tree }: { work: string; tree: string },
): Promise<void> {
  const second = first === 'official' ? 'registry' : 'official';
  try {
    await nodeFrom[first](sources, version, work);
    await put(version, work, tree);
  } catch {
    await nodeFrom[second](sources, version, work);
    await put(version, work, tree);
  }
}

async function put(version: string, work: string, tree: string): Promise<void> {
  const fetched = join(work, 'node');
  if (!(await nodeIsWhole(fetched, version))) throw new Error('Node does not run');
  rmSync(tree, { recursive: true, force: true });
  renameSync(fetched, tree);
}

const nodeFrom = { official, registry };

async function official(sources: Sources, version: string, work: string): Promise<void> {
  const name = `node-v${version}-${process.platform}-${process.arch}.tar.gz`;
  const base = sources.nodeMirror ?? OFFICIAL;
  const archive = join(work, name);
  const wanted = sources.sums[name] ?? (await publishedSum(sources, version, name, work));
  await download(sources, `${base}/v${version}/${name}`, archive);
  requireSum(sources, name, wanted, (await hashOf('sha256', archive)).toString('hex'));
  await unpackArchive(sources, archive, join(work, 'node'));
}

/** A mirror may serve the archive, and never says what it must be, but on this machine itself. */
async function publishedSum(sources: Sources, version: string, name: string, work: string): Promise<string> {
  const { nodeMirror } = sources;
  const base = nodeMirror !== undefined && isOnLoopback(nodeMirror) ? nodeMirror : OFFICIAL;
  const file = join(work, 'sums');
  await download(sources, `${base}/v${version}/SHASUMS256.txt`, file);
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.find((line) => line.split(/\s+/)[1] === name)?.split(/\s+/)[0] ?? '';
}

async function registry(sources: Sources, version: string, work: string): Promise<void> {
  const name =
    process.platform === 'darwin' ? `node-bin-darwin-${process.arch}` : `node-linux-${process.arch}`;
  await unpackPackage(sources, name, version, join(work, 'node'));
}
