/** What a command inside a machine finds in its environment before it adds its own. */
import path from 'node:path';

/** What a machine inherits of this computer's trust and proxy settings; `files` are host paths that `env` names. */
export interface InheritedTrust {
  env: Readonly<Record<string, string>>;
  files: readonly string[];
}

/** A file of the host and where the machine finds its copy. */
export interface FileCopy {
  from: string;
  to: string;
}

export interface MachineEnvironment {
  env: Record<string, string>;
  copies: FileCopy[];
}

export const MACHINE_HOME = '/home/machine';
/** Where a machine finds the files of `InheritedTrust`. */
export const TRUST_FOLDER = '/run/host-trust';
/** Where the proxy listens inside every machine. */
export const PROXY_PORT = 3128;
const PROXY_URL = `http://127.0.0.1:${PROXY_PORT}`;
const OWN_LOOPBACK = 'localhost,127.0.0.1,::1';

const BASE = {
  HOME: MACHINE_HOME,
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  USER: 'root',
  LOGNAME: 'root',
  SHELL: '/bin/bash',
  TERM: 'dumb',
  // Only one user id exists inside; without this, unpacking an archive as root fails on the others.
  TAR_OPTIONS: '--no-same-owner',
} as const;

const PROXY = {
  HTTPS_PROXY: PROXY_URL,
  HTTP_PROXY: PROXY_URL,
  https_proxy: PROXY_URL,
  http_proxy: PROXY_URL,
  NO_PROXY: OWN_LOOPBACK,
  no_proxy: OWN_LOOPBACK,
  NODE_USE_ENV_PROXY: '1',
} as const;

// The machine's one way out replaces these; they go on to decide what the proxy on the host does.
const HOST_PROXY_NAMES = new Set(['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY', 'NO_PROXY']);

/** The machine's own environment, and the files that must be copied into it for that environment to be true. */
export function machineEnvironment(trust: InheritedTrust): MachineEnvironment {
  const copies = trust.files.map((from, index) => ({
    from,
    to: `${TRUST_FOLDER}/${index}/${path.basename(from)}`,
  }));
  const inside = new Map(copies.map(({ from, to }) => [from, to]));
  const inherited = Object.entries(trust.env)
    .filter(([name]) => !HOST_PROXY_NAMES.has(name.toUpperCase()))
    .map(([name, value]) => [name, translated(value, inside)] as const);
  return { env: { ...BASE, ...Object.fromEntries(inherited), ...PROXY }, copies };
}

/** A value that is one of the files, or a list of them, with the places that they have inside. */
function translated(value: string, inside: ReadonlyMap<string, string>): string {
  return value
    .split(path.delimiter)
    .map((part) => inside.get(part) ?? part)
    .join(path.delimiter);
}
