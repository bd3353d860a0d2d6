/** Drafts become settings, with what they replace kept in the job's folder until they are proved. */
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gatewayOutput } from '../gateway/files.ts';
import type { Job } from '../jobs/job.ts';
import { secretsFile, settingsFile } from '../place.ts';
import { keepBeside } from '../state/object-file.ts';
import type { Drafts } from './change.ts';

export interface Written {
  configChanged: boolean;
  secretsChanged: boolean;
  /** The name of a copy beside the settings; empty where there is none. */
  keptBeside: string;
  /** How much the gateway had printed before. */
  printedBefore: number;
}

const keptSettings = ({ folder }: Job) => join(folder, 'before-config');
const keptSecrets = ({ folder }: Job) => join(folder, 'before-secrets');

export function writeDrafts(job: Job, drafts: Drafts): Written {
  const [settings, secrets] = [settingsFile(job.place), secretsFile(job.place)];
  copyFileSync(settings, `${keptSettings(job)}.new`);
  copyFileSync(secrets, keptSecrets(job));
  renameSync(`${keptSettings(job)}.new`, keptSettings(job));
  const written: Written = {
    configChanged: !sameText(drafts.settings, settings),
    secretsChanged: !sameText(drafts.secrets, secrets),
    keptBeside: drafts.keepsComments ? '' : basename(keepBeside(settings, readFileSync(settings, 'utf8'))),
    printedBefore: statSync(gatewayOutput(job.place), { throwIfNoEntry: false })?.size ?? 0,
  };
  // The secrets first: the settings name them.
  renameSync(drafts.secrets, secrets);
  if (written.configChanged) renameSync(drafts.settings, settings);
  else rmSync(drafts.settings);
  for (const file of [settings, secrets]) chmodSync(file, 0o600);
  return written;
}

const sameText = (one: string, other: string) => readFileSync(one).equals(readFileSync(other));

/** Whether a run of this job was killed before its settings were proved. */
export const isHalfDone = (job: Job): boolean => existsSync(keptSettings(job));

/** By moving alone, which needs no room. The settings come last: while their copy is there, this is not done. */
export function restoreSettings(job: Job): void {
  if (existsSync(keptSecrets(job))) renameSync(keptSecrets(job), secretsFile(job.place));
  renameSync(keptSettings(job), settingsFile(job.place));
}

export function forgetKept(job: Job): void {
  rmSync(keptSettings(job), { force: true });
  rmSync(keptSecrets(job), { force: true });
}
