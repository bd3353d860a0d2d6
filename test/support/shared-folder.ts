/** A folder for what the test files of one run share: made before the first, removed after the last. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(join(tmpdir(), 'shared-trees-'));
  project.provide('sharedTrees', dir);
  return () => rm(dir, { recursive: true, force: true });
}
