/**
 * All that is needed to undo a change of what the assistant runs on, in one folder: its `step` says what has become true.
 * Scripts of earlier versions left the same files.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { linkTarget } from '../install/trees.ts';
import { mcpDir, type Place } from '../place.ts';
import { readText } from '../read-text.ts';
import { writeWhole } from '../state/object-file.ts';

/** begun: nothing that counts has changed yet. */
export type Step = 'begun' | 'changing' | 'done' | 'undoing' | 'undone';

export interface ChangeFolder {
  folder: string;
  /** Whose change it is: the id of a job. */
  job: string;
  /** A copy of the state as it was. */
  state: string;
  /** The state as it was, moved out of the way. */
  replaced: string;
  /** What becomes the state. */
  next: string;
  /** What did not work, until it is removed. */
  failed: string;
  /** "node current": where the links pointed. */
  from: string;
  databases: string;
  migrated: string;
  /** Why an attempt failed, as the result of a job. */
  attempt: string;
  /** Takes up the room that an undoing needs, until it begins. */
  room: string;
  pluginsUpdated: string;
  pluginsLeft: string;
}

export function changeFolder(place: Place): ChangeFolder {
  const folder = join(mcpDir(place), 'change');
  const of = (name: string) => join(folder, name);
  return {
    folder,
    job: of('job'),
    state: of('state'),
    replaced: of('replaced'),
    next: of('next'),
    failed: of('failed'),
    from: of('from'),
    databases: of('databases'),
    migrated: of('migrated'),
    attempt: of('attempt'),
    room: of('room'),
    pluginsUpdated: of('plugins-updated'),
    pluginsLeft: of('plugins-left'),
  };
}

export function stepOf(place: Place): Step {
  const step = readText(join(changeFolder(place).folder, 'step')).trim();
  return step === 'changing' || step === 'done' || step === 'undoing' || step === 'undone' ? step : 'begun';
}

export function writeStep(place: Place, step: Exclude<Step, 'begun'>): void {
  writeWhole(join(changeFolder(place).folder, 'step'), `${step}\n`);
}

/** Where `node` and `current` pointed before; undefined where nobody has written it down. */
export function linksBefore(place: Place): { node: string; app: string } | undefined {
  const [node = '', app = ''] = readText(changeFolder(place).from).trim().split(' ');
  return node === '' || app === '' ? undefined : { node, app };
}

/**
 * Whether the state is still that of the version before. What lies aside is then a copy, and an old one where somebody has
 * started the gateway since.
 */
export function nothingMoved(place: Place): boolean {
  const before = linksBefore(place);
  if (existsSync(changeFolder(place).replaced) || before === undefined) return false;
  return linkTarget(place, 'current') === before.app;
}
