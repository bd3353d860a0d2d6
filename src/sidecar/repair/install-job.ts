/** Puts a missing or broken Node or OpenClaw back, in the same versions. Settings and state stay. */
import { installed } from '../install/install.ts';
import { appIsThere, switchVersions } from '../install/trees.ts';
import type { JobFunction } from '../jobs/job.ts';
import { missingParts } from '../look/tree.ts';

/** A repair asks more of a tree than an installation does: every file and every package. */
const isWhole = (tree: string) => appIsThere(tree) && missingParts(tree).length === 0;

export const reinstallJob: JobFunction<'reinstall'> = async (job, { install }) => {
  const { openclaw_version, node_version } = install;
  await installed(job, install, isWhole, () => switchVersions(job.place, install));
  return { openclaw_version, node_version };
};
