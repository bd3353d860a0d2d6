/** How a person opens the Control UI: over SSH where the account grants it, else under an address that is asked for. */
import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { isErrno } from '../../core/errno.ts';
import { AppError, isAppError } from '../../core/errors.ts';
import { writePrivate } from '../../core/files.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { ConfigureService, ShownSettings } from '../../openclaw/configure/configure.ts';
import {
  checkedConnection,
  isPublicKey,
  knownHostsLine,
  localSteps,
  sshSteps,
} from '../../openclaw/configure/control-ui.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';

export const controlUiWish = z.discriminatedUnion('how', [
  z.object({ how: z.literal('local') }),
  z.object({ how: z.literal('ssh'), publicKey: z.string(), keyFile: z.string() }),
  z.object({ how: z.literal('preview') }),
]);
export type ControlUiWish = z.output<typeof controlUiWish>;

interface ControlUi {
  how: 'ssh' | 'preview' | 'local';
  steps: string[];
  url?: string | undefined;
}

// The longest real key, an RSA one of 16 384 bits, has under 3 kB.
const MAX_KEY_BYTES = 16_384;

export interface ControlUiCall {
  how: 'ssh' | 'preview';
  keyFile: string | undefined;
  expose: boolean | undefined;
}

/**
 * What the call asks for, with the public key read: a private one never is.
 * @throws AppError `invalid_input` without consent to an exposure, or when the file holds no public key.
 */
export async function controlUiWished(
  { runtime }: Pick<Machine, 'runtime'>,
  { how, keyFile, expose }: ControlUiCall,
): Promise<ControlUiWish> {
  // On this computer there is nothing to log in to, and nothing is shown to anybody else.
  if (runtime !== undefined) return { how: 'local' };
  if (how === 'preview') {
    if (expose === true) return { how };
    throw new AppError(
      'invalid_input',
      'Nothing was opened: a preview puts the gateway on the internet under an address of its own. Whoever has that address and the gateway token controls the assistant and everything it can reach; some accounts also show it to the whole organisation or to everybody',
      { next: 'Ask the person; only if they want that, pass expose true. control_ui "ssh" exposes nothing.' },
    );
  }
  if (keyFile === undefined || !keyFile.endsWith('.pub')) {
    throw new AppError('invalid_input', 'SSH needs the path of a public key, which ends in .pub', {
      next: 'Pass ssh_public_key, such as "~/.ssh/id_ed25519.pub".',
    });
  }
  const path = keyFile.startsWith('~/') ? join(homedir(), keyFile.slice(2)) : keyFile;
  return { how, publicKey: await readPublicKey(path), keyFile: path };
}

async function readPublicKey(path: string): Promise<string> {
  const refused = (what: string) =>
    new AppError('invalid_input', `The file of ssh_public_key ${what}`, {
      next: 'Pass the .pub file of an SSH key of yours, or make one with ssh-keygen -t ed25519.',
    });
  try {
    const { size } = await stat(path);
    const key = size <= MAX_KEY_BYTES ? (await readFile(path, 'utf8')).trim() : '';
    if (isPublicKey(key)) return key;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) throw refused('cannot be read');
    throw error;
  }
  throw refused('holds no public key');
}

export interface ControlUiDeps {
  machines: MachineService;
  openclaw: Pick<OpenClawService, 'startGateway'>;
  configure: Pick<ConfigureService, 'show'>;
  /** Folder of this server, for what ssh needs beside the key. */
  stateDir: string;
}

export interface OpenedAddress {
  /** The gateway must be told of it. */
  origin: string;
  /** Who may look, where the API can tell people apart. */
  visibility: string | undefined;
}

interface ControlUiInput {
  machineId: string;
  controlUi?: ControlUiWish | undefined;
}

/** Opens the address of a preview: before settings are written, since the gateway must accept pages from there. */
export async function openPreview(
  operation: OperationHandle,
  deps: ControlUiDeps,
  { machineId, controlUi: wish }: ControlUiInput,
): Promise<OpenedAddress | undefined> {
  if (wish?.how !== 'preview') return undefined;
  const { port } = await deps.configure.show(machineId, operation);
  await operation.stage('address');
  const opened = await deps.machines.openPort(machineId, port, `${operation.id}-port`, operation);
  const url = opened.url !== undefined && URL.canParse(opened.url) ? new URL(opened.url) : undefined;
  if (url?.protocol === 'https:' && url.username === '') {
    return { origin: url.origin, visibility: opened.visibility };
  }
  throw new AppError('unavailable', 'Dedalus opened an address that is not https', {
    next: 'Use control_ui "ssh" instead.',
  });
}

/** How the person opens it now, where the call asked for that. */
export async function openControlUi(
  operation: OperationHandle,
  deps: ControlUiDeps,
  { machineId, controlUi: wish }: ControlUiInput,
  preview: OpenedAddress | undefined,
): Promise<{ control_ui?: ControlUi }> {
  if (wish === undefined) return {};
  if (preview) return { control_ui: previewSteps(preview) };
  const shown = await deps.configure.show(machineId, operation);
  if (wish.how === 'ssh') return { control_ui: await overSsh(operation, deps, machineId, wish, shown) };
  const machine = await deps.machines.get(machineId, operation);
  return { control_ui: await onThisComputer(operation, deps, machine, shown) };
}

function previewSteps({ origin, visibility }: OpenedAddress): ControlUi {
  const who =
    visibility === 'private'
      ? 'Only you can open it, after a login at Dedalus.'
      : visibility === 'org'
        ? 'Every member of your organisation can open it.'
        : 'Everybody on the internet can open it: only the gateway token keeps them out.';
  return {
    how: 'preview',
    url: origin,
    steps: [
      `Open ${origin}/ in a browser. ${who}`,
      'It asks for the gateway token, which this server never shows: read it on the machine over SSH (control_ui "ssh" tells how).',
      'The browser then waits as a pending device: approve it with configure_openclaw, approve.',
      'If the address answers 502, the platform does not reach ports that listen on loopback only: use control_ui "ssh".',
    ],
  };
}

/** Opens an address of this computer for a machine of the local API, with the gateway behind it. */
async function onThisComputer(
  operation: OperationHandle,
  { machines, openclaw }: ControlUiDeps,
  { machineId, homeDir }: Machine,
  { port }: ShownSettings,
): Promise<ControlUi> {
  await operation.stage('address');
  await openclaw.startGateway(machineId, operation);
  const { url = '' } = await machines.openPort(machineId, port, `${operation.id}-port`, operation);
  const origin = URL.canParse(url) ? new URL(url).origin : '';
  if (/^http:\/\/127\.0\.0\.1:\d+$/.test(origin)) {
    return { how: 'local', url: origin, steps: localSteps(origin, homeDir ?? '~') };
  }
  throw new AppError('unavailable', 'The local API opened no address of this computer', {
    next: 'Restart the local API, then repeat the call.',
  });
}

/** Asks for an SSH session and lays what it needs beside the operation's other files. */
async function overSsh(
  operation: OperationHandle,
  { machines, stateDir }: ControlUiDeps,
  machineId: string,
  wish: Extract<ControlUiWish, { how: 'ssh' }>,
  shown: ShownSettings,
): Promise<ControlUi> {
  await operation.stage('ssh');
  const connection = checkedConnection(await session(operation, machines, machineId, wish.publicKey));
  const folder = join(stateDir, 'ssh', machineId);
  const keep = async (name: string, content: string | undefined) => {
    if (content === undefined) return undefined;
    await writePrivate(join(folder, name), content);
    return join(folder, name);
  };
  const files = {
    privateKey: wish.keyFile.slice(0, -'.pub'.length),
    certificate: await keep('key-cert.pub', connection.certificate && `${connection.certificate.trim()}\n`),
    knownHosts: await keep('known_hosts', knownHostsLine(connection)),
  };
  return { how: 'ssh', steps: sshSteps(connection, files, shown.home, shown.port) };
}

async function session(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
  publicKey: string,
) {
  try {
    return await machines.openSsh(machineId, publicKey, `${operation.id}-ssh`, operation);
  } catch (error) {
    if (!isAppError(error, 'unsupported')) throw error;
    throw new AppError('unsupported', 'This Dedalus account grants no SSH sessions', {
      next: 'control_ui "preview" opens an address on the internet instead: ask the person first.',
      cause: error,
    });
  }
}
