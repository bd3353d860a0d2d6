/** What can be wrong with an assistant's machine, looked for in about a second. Changes nothing. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { isPatch } from '../../core/patch.ts';
import { diskFreeMib, memoryLimitMib, oomKills, sparesMemory } from '../gateway/memory.ts';
import { foreignOwner, gatewayState } from '../look/gateway-state.ts';
import { lastLines } from '../look/last-lines.ts';
import { fileMode, jobsRunning, memoryAvailableMib, nodeVersion } from '../look/machine.ts';
import { otherGateways, staleLocks } from '../look/our-gateways.ts';
import { linkedVersion, treeState } from '../look/tree.ts';
import { mcpDir, type Place, secretsFile, settingsFile, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import type { ReplyOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { stillInterrupted } from '../sessions/interrupted.ts';
import { askOpenClaw } from '../state/ask-openclaw.ts';
import { missingKeys, settingsState } from '../state/look.ts';
import { authState } from '../state/mend.ts';

type Reply = ReplyOf<'diagnose'>;
const MAX_ISSUES = 4_000;
const MAX_PRINTED = 1024 * 1024;

export async function diagnose(place: Place): Promise<Reply> {
  const install = await installation(place);
  const gateway = await gatewayLayers(place);
  const { working, ...layers } = gateway;
  const sound = install.node === 'ok';
  return {
    memory_total_mib: memoryLimitMib(),
    memory_available_mib: memoryAvailableMib(),
    disk_free_mib: diskFreeMib(place),
    low_memory_flags: sparesMemory(place),
    ...layers,
    ...install,
    open_files: openFiles(place),
    auth_file: sound ? authState(place).auth : 'not_checked',
    ...(await configuration(place, install, working)),
    missing_keys: sound ? missingKeys(place) : [],
    last_good: fileMode(join(mcpDir(place), 'openclaw.last-good.json')) !== undefined,
    jobs_running: await jobsRunning(place),
  };
}

async function gatewayLayers(place: Place) {
  const pid = await livePid(pidFile(place));
  const state = await gatewayState(place);
  const owner = state.listening && pid === undefined ? await foreignOwner(place) : undefined;
  return {
    process: pid === undefined ? ('gone' as const) : ('running' as const),
    ...state,
    working: pid !== undefined && state.ready === 'yes' && state.authenticated === 'yes',
    duplicates: (await otherGateways(place)).length,
    ...(owner === undefined ? {} : { port_owner: `port ${place.port} is held by process ${owner}` }),
    stale_locks: (await staleLocks(place)).length,
    full_disk: await printed(place, /disk is full|ENOSPC|no space left/i, 100_000),
    interrupted: (await stillInterrupted(place)).map(({ key }) => key),
    out_of_memory: pid === undefined && (await endedForMemory(place)),
  };
}

/** Killed by the kernel since its start, or out of its own heap; a clean end of the gateway has neither. */
async function endedForMemory(place: Place): Promise<boolean> {
  if (readText(pidFile(place)) === '') return false;
  if (await printed(place, /heap out of memory/, 60)) return true;
  const before = readText(join(mcpDir(place), 'oom-kills')).trim();
  return before !== '' && Number(oomKills()) > Number(before);
}

/** Whether the newest lines of the gateway's output say so; it is of this start. */
async function printed(place: Place, words: RegExp, most: number): Promise<boolean> {
  const file = join(stateDir(place), 'logs', 'gateway.out');
  const { lines } = await lastLines(file, { most, maxBytes: MAX_PRINTED, keep: (line) => line });
  return lines.some((line) => words.test(line));
}

async function installation(place: Place): Promise<Pick<Reply, Installed>> {
  const wanted = linkedVersion(place, 'node');
  const node = wanted === '' ? 'missing' : (await nodeVersion(place)) === wanted ? 'ok' : 'broken';
  const { tree, missing } = treeState(place);
  const unseen = tree !== 'missing' && node !== 'ok';
  return {
    node,
    node_wanted: wanted,
    tree: unseen ? 'not_checked' : tree,
    openclaw_wanted: linkedVersion(place, 'current'),
    ...(missing.length === 0 || unseen ? {} : { tree_missing: missing.join('\n') }),
  };
}
type Installed = 'node' | 'node_wanted' | 'tree' | 'openclaw_wanted' | 'tree_missing';

function openFiles(place: Place): string[] {
  const wanted: readonly (readonly [name: string, file: string, right: string])[] = [
    ['openclaw.json', settingsFile(place), '600'],
    ['secrets.json', secretsFile(place), '600'],
    ['auth', join(mcpDir(place), 'auth'), '600'],
    ['folder', stateDir(place), '700'],
  ];
  return wanted.filter(([, file, right]) => (fileMode(file) ?? right) !== right).map(([name]) => name);
}

/** The gateway's own reading decides: it also takes comments, and refuses keys that it does not know. */
async function configuration(
  place: Place,
  { node, tree }: Pick<Reply, Installed>,
  working: boolean,
): Promise<Pick<Reply, 'config' | 'config_issues'>> {
  const state = settingsState(place);
  if (state === 'missing') return { config: 'missing' };
  if (node !== 'ok') return { config: 'not_checked' };
  if (state === 'valid' && working && !changedSinceStart(place)) return { config: 'ok' };
  if (tree !== 'ok') return { config: state === 'valid' ? 'not_checked' : 'invalid' };
  const { json } = await askOpenClaw(place, ['config', 'validate', '--json']);
  if (!isPatch(json) || typeof json.valid !== 'boolean') return { config: 'not_checked' };
  if (json.valid) return { config: 'ok' };
  return { config: 'invalid', config_issues: JSON.stringify(json).slice(0, MAX_ISSUES) };
}

function changedSinceStart(place: Place): boolean {
  const time = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return time(settingsFile(place)) > time(pidFile(place));
}

const pidFile = (place: Place): string => join(mcpDir(place), 'gateway.pid');
