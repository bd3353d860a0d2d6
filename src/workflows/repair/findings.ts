/** What a diagnosis means: what was found, what of it is safe to mend, and what only a person can decide. */
import { PROVIDERS, type ProviderKey } from '../../openclaw/catalog/providers.ts';
import type { Diagnosis, Mend } from '../../openclaw/repair/ports.ts';

export interface Assessment {
  /** One sentence of ours for each thing that is wrong. */
  found: string[];
  mends: Mend[];
  /** Whether Node or OpenClaw must be put back first. */
  reinstall: boolean;
  /** `replace`: a gateway that runs must not go on as it is. */
  gateway: 'leave' | 'start' | 'replace';
  /** Whether turns that a dying gateway left are ended. */
  endInterrupted: boolean;
  /** Whether a gateway cannot start as long as what is left is left. */
  blocked: boolean;
  /** What is not mended from here, each with who can do it and how. */
  left: string[];
  /** Of `left`, what a person should know also when all is mended. */
  outlook: string[];
  /** What to do where mending was not enough. */
  otherwise: string[];
  /** What programs on the machine said about it. */
  foreign: string[];
}

// Measured: an install needs 850 MB and a gateway's own files a few dozen; below this it is only a matter of days.
const LOW_DISK_MIB = 500;
// Below this writes have failed already, and a gateway that saw one fail keeps answering 500 until it is restarted.
const FULL_DISK_MIB = 50;
// As the machine says it also of a disk for temporary files alone, and of one that has bytes but no names.
const NO_ROOM_MIB = 5;
const NO_ROOM = ', or no names for further files, in the home or for temporary files';
// Measured: 2026.9 is killed on its first chat with 1.25 GiB.
const LITTLE_MEMORY_MIB = 1536;

/** @param providers whose keys this server holds, and could put back. */
export function assess(seen: Diagnosis, machineId: string, providers: readonly ProviderKey[]): Assessment {
  const result: Assessment = {
    found: [],
    mends: [],
    reinstall: false,
    gateway: 'leave',
    endInterrupted: false,
    blocked: false,
    left: [],
    outlook: [],
    otherwise: [],
    foreign: [],
  };
  if (seen.jobs_running.length > 0) {
    result.left.push(
      'An installation or upgrade is at work on the machine: call get_operation and wait for its end, then repair_openclaw again.',
    );
    return result;
  }
  if (seen.tree === 'missing' && seen.config === 'missing') {
    result.found.push('OpenClaw was never deployed on this machine, or all of it is gone');
    result.left.push(deployAgain(machineId, 'to install it'));
    return result;
  }
  room(seen, result);
  installation(seen, machineId, result);
  files(seen, machineId, result);
  keys(seen, providers, result);
  gateway(seen, result);
  return result;
}

function room(seen: Diagnosis, result: Assessment): void {
  const { found, mends, outlook, otherwise } = result;
  if (seen.disk_free_mib < LOW_DISK_MIB) {
    found.push(
      `Only ${seen.disk_free_mib} MiB of disk are free${seen.disk_free_mib < NO_ROOM_MIB ? NO_ROOM : ''}`,
    );
    mends.push('disk');
    otherwise.push(
      'Call configure_openclaw with a larger storage_gib, or have the assistant remove files of its own, those in /tmp too.',
    );
  }
  if (seen.out_of_memory) {
    found.push('The gateway was ended for want of memory');
    if (!seen.low_memory_flags) mends.push('low_memory');
    outlook.push(
      `The machine has ${seen.memory_total_mib} MiB of memory: if this happens again, call configure_openclaw with a larger memory_mib (a deploy has 4096).`,
    );
  } else if (seen.memory_total_mib < LITTLE_MEMORY_MIB) {
    outlook.push(
      `${seen.memory_total_mib} MiB of memory are too little for present versions, which need 2048: call configure_openclaw with memory_mib.`,
    );
  }
  result.left.push(...outlook);
}

function installation(seen: Diagnosis, machineId: string, result: Assessment): void {
  if (seen.node !== 'ok') result.found.push(`Node is ${seen.node}`);
  if (seen.tree === 'broken' || seen.tree === 'missing')
    result.found.push(`OpenClaw's own files are ${partly(seen)}`);
  if (seen.node === 'ok' && (seen.tree === 'ok' || seen.tree === 'not_checked')) return;
  if (seen.tree_missing !== undefined) result.foreign.push(`missing: ${seen.tree_missing}`);
  result.reinstall = seen.openclaw_wanted !== undefined;
  if (result.reinstall) return;
  result.left.push(deployAgain(machineId, 'to install it anew'));
  result.blocked = true;
}

function partly(seen: Diagnosis): string {
  return seen.tree === 'missing' ? 'missing' : 'not all there';
}

function files(seen: Diagnosis, machineId: string, result: Assessment): void {
  const { found, mends, left, foreign } = result;
  if (seen.open_files.length > 0) {
    found.push('Others on the machine can read files with secrets or settings');
    mends.push('modes');
  }
  if (seen.config === 'invalid' || seen.config === 'missing') {
    found.push(`The configuration is ${seen.config}`);
    if (seen.config_issues !== undefined) foreign.push(seen.config_issues);
    if (seen.last_good) mends.push('config');
    else {
      left.push(deployAgain(machineId, 'to write the configuration anew: none that worked is kept'));
      result.blocked = true;
    }
  }
  if (seen.auth_file === 'missing' || seen.auth_file === 'stale') {
    found.push(`The access token file is ${seen.auth_file}`);
    mends.push('auth');
  }
  if (seen.stale_locks > 0) {
    found.push(`${seen.stale_locks} lock file(s) of processes that no longer live`);
    mends.push('locks');
  }
}

function keys(seen: Diagnosis, providers: readonly ProviderKey[], result: Assessment): void {
  const { found, mends, left } = result;
  const held = seen.missing_keys.filter((id) => providers.some(({ provider }) => provider.id === id));
  const unknown = seen.missing_keys.filter((id) => !held.includes(id));
  // A provider of a person's own making has a name of their own making.
  const named = (id: string) => (PROVIDERS.some((provider) => provider.id === id) ? id : 'another provider');
  const others = unknown.filter((id) => named(id) !== id);
  if (others.length > 0) result.foreign.push(`providers without a key: ${others.join(', ')}`);
  const tokenless = seen.auth_file === 'no_token' || seen.auth_file === 'unreadable';
  if (seen.auth_file === 'no_token') found.push('The file with the token and the provider keys is missing');
  if (seen.auth_file === 'unreadable')
    found.push('The file with the token and the provider keys cannot be read; it is kept beside a new one');
  if (seen.missing_keys.length > 0)
    found.push(`No key on the machine for: ${[...new Set(seen.missing_keys.map(named))].join(', ')}`);
  if (seen.node === 'ok' && (held.length > 0 || tokenless)) mends.push('keys', 'auth');
  // Newer releases do not start without a key that the configuration names.
  if (unknown.length > 0) result.blocked = true;
  for (const id of new Set(unknown.map(named))) {
    const variable = PROVIDERS.find((provider) => provider.id === id)?.keyVariables[0];
    left.push(
      variable === undefined
        ? `No key for ${id}: take this provider out of the configuration, or put its key on the machine.`
        : `No key for ${id}: set ${variable} in this server's environment, restart it, and call repair_openclaw again.`,
    );
  }
}

function gateway(seen: Diagnosis, result: Assessment): void {
  const { found, mends, left, foreign } = result;
  if (seen.duplicates > 0) {
    found.push(`${seen.duplicates} more gateway(s) run on the same state`);
    mends.push('duplicates');
    result.gateway = 'start';
  }
  if (seen.port_owner !== undefined) {
    found.push("Another program holds the gateway's port");
    foreign.push(seen.port_owner);
    left.push(
      'End the program that holds the port (named below) if it may go; it was left alone. Then repair_openclaw again.',
    );
    result.gateway = 'leave';
    return;
  }
  if (seen.full_disk && seen.process === 'running')
    found.push('The gateway has seen a full disk, after which it answers no chat');
  const state = gatewayFault(seen);
  if (state !== undefined) {
    found.push(state);
    result.gateway = 'start';
    if (seen.listening && seen.health === 'no') mends.push('hung');
  }
  if (seen.interrupted.length > 0) {
    found.push(
      `The gateway went down in ${seen.interrupted.length} interrupted turn(s), which OpenClaw runs again`,
    );
    foreign.push(...seen.interrupted);
    result.endInterrupted = true;
  }
  const stale = seen.authenticated === 'refused' && seen.auth_file === 'ok';
  if (seen.process === 'running' && (stale || restartNeeded(seen, result))) result.gateway = 'replace';
  if (mends.some((mend) => mend === 'config' || mend === 'keys') && result.gateway === 'leave')
    result.gateway = 'start';
  // It would only end again, or be waited for in vain.
  if (result.blocked && seen.process === 'gone') result.gateway = 'leave';
}

/** One sentence of ours on why nobody could chat now; undefined where the gateway works. */
export function gatewayFault(seen: Diagnosis): string | undefined {
  if (seen.process === 'gone' && !seen.listening) return 'The gateway is not running';
  if (seen.process === 'gone') return 'The record of the gateway process is missing';
  if (!seen.listening) return 'The gateway runs but does not listen';
  if (seen.health !== 'live') return 'The gateway runs but does not answer';
  if (seen.ready === 'starting') return 'The gateway is still starting';
  if (seen.ready === 'draining') return 'The gateway takes no new work';
  if (seen.ready !== 'yes') return 'The gateway does not say whether it is ready';
  if (seen.authenticated !== 'yes') return 'The gateway does not take its own token';
  return undefined;
}

/** What a running gateway has loaded is not what lies on the disk now, or it has seen a full disk. */
function restartNeeded(seen: Diagnosis, { reinstall, mends }: Assessment): boolean {
  return reinstall || mends.includes('keys') || seen.full_disk || seen.disk_free_mib < FULL_DISK_MIB;
}

function deployAgain(machineId: string, why: string): string {
  return `Call deploy_openclaw with machine_id "${machineId}" ${why}.`;
}
