/** Whether this computer can isolate machines: found out by booting one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Clock, systemClock } from '../../core/clock.ts';
import { isAppError } from '../../core/errors.ts';
import { startInit } from './init.ts';
import { findTools, type Tools } from './tools.ts';

/**
 * `refused`: they could be set up, but not so that this computer is safe from them; then nothing takes their place
 * unless somebody insists.
 */
export type Probe = { available: true } | { available: false; reason: string; refused?: true };

/** What the answer is found with; the defaults are this computer's. */
export interface ProbeOptions {
  platform?: NodeJS.Platform;
  clock?: Clock;
  tools?: Tools | { missing: string[] };
  /** Reads a kernel setting; undefined when there is none. */
  setting?: (file: string) => Promise<string | undefined>;
}

/** Takes about 0.2 s, at most 30. The reason is one sentence for the person at the computer. Never throws. */
export async function probeNamespace(options: ProbeOptions = {}): Promise<Probe> {
  const { platform = process.platform, tools = findTools(), setting = kernelSetting } = options;
  if (platform !== 'linux') return unavailable('Isolated local machines need Linux.');
  if ('missing' in tools) {
    return unavailable(
      `Isolated local machines need these programs, which are missing here: ${tools.missing.join(', ')}.`,
    );
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'local-machine-probe-'));
  try {
    const boot = {
      machineId: 'probe',
      homeDir: path.join(folder, 'home'),
      scratchDir: path.join(folder, 'scratch'),
    };
    await mkdir(boot.homeDir);
    await mkdir(boot.scratchDir);
    const init = await startInit(tools, boot, [], options.clock ?? systemClock);
    init.kill();
    await init.exited;
    return { available: true };
  } catch (error) {
    if (isAppError(error, 'unsupported'))
      return { available: false, reason: `${error.message}.`, refused: true };
    const reason = await explained(error, setting);
    // What an ordinary user may not do, as which machines run, root may: then it was root that was wanted.
    return (await rootCould(tools)) ? { available: false, reason, refused: true } : unavailable(reason);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function unavailable(reason: string): Probe {
  return { available: false, reason };
}

async function explained(
  error: unknown,
  setting: (file: string) => Promise<string | undefined>,
): Promise<string> {
  if (isAppError(error, 'timeout')) return 'Namespaces could not be set up within 30 s on this computer.';
  if ((await setting('kernel/apparmor_restrict_unprivileged_userns')) === '1') {
    return 'AppArmor restricts user namespaces on this computer (kernel.apparmor_restrict_unprivileged_userns is 1).';
  }
  if ((await setting('kernel/unprivileged_userns_clone')) === '0') {
    return 'The kernel refuses user namespaces to ordinary users (kernel.unprivileged_userns_clone is 0).';
  }
  if ((await setting('user/max_user_namespaces')) === '0') {
    return 'The kernel refuses user namespaces (user.max_user_namespaces is 0).';
  }
  const complaint = isAppError(error) ? (error.foreign ?? '') : '';
  if (/unshare failed|uid_map/.test(complaint)) {
    return 'The kernel or the container around this process refuses user namespaces.';
  }
  return 'This computer allows user namespaces but not the mounts or the network that a machine needs in one.';
}

async function rootCould(tools: Tools): Promise<boolean> {
  if (process.getuid?.() !== 0) return false;
  const child = spawn(
    tools.unshare,
    ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--net', 'true'],
    {
      stdio: 'ignore',
    },
  );
  const [code] = await once(child, 'exit').catch(() => [undefined]);
  return code === 0;
}

async function kernelSetting(file: string): Promise<string | undefined> {
  const text = await readFile(`/proc/sys/${file}`, 'utf8').catch(() => undefined);
  return text?.trim();
}
