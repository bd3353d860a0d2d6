/** What a local machine inherits from this computer, so that TLS and downloads work behind a company proxy. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** An environment as Node gives it. */
export type Env = Readonly<Record<string, string | undefined>>;

export interface HostTrust {
  /** Variables for every command on every machine. Never holds a token or a provider key. */
  env: Record<string, string>;
  /** Absolute paths on this computer that `env` refers to; an isolated machine needs them at the same place. */
  files: string[];
}

/** Reads settings of the computer's npm; a missing one is left out. */
export type ReadNpmConfig = (names: readonly string[], env: Env) => Promise<Record<string, string>>;

const CA_PATHS = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE'] as const;
const PROXIES = ['HTTPS_PROXY', 'HTTP_PROXY', 'https_proxy', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const;
const NO_PROXIES = ['NO_PROXY', 'no_proxy'] as const;
const LOCALES = ['LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'] as const;

/** Every variable that decides what `hostTrust` returns; what a background server must be given. */
export const TRUST_VARIABLES: readonly string[] = [...CA_PATHS, ...PROXIES, ...NO_PROXIES, ...LOCALES];

/** Collects the settings from `env` and from this computer's npm. Paths that do not exist are left out. */
export async function hostTrust(env: Env, readNpmConfig: ReadNpmConfig = npmConfig): Promise<HostTrust> {
  const npm = await readNpmConfig(['registry', 'cafile'], env);
  const out: Record<string, string> = { ...pick(env, LOCALES), ...proxies(env) };
  const files = new Set<string>();
  const addPath = (name: string, value: string | undefined) => {
    // Only SSL_CERT_DIR may be a list; a missing file would make curl and npm fail instead of falling back.
    const present = (name === 'SSL_CERT_DIR' ? (value ?? '').split(path.delimiter) : [value ?? ''])
      .filter((p) => p !== '')
      .map((p) => path.resolve(p))
      .filter((p) => existsSync(p));
    if (present.length === 0) return;
    out[name] = present.join(path.delimiter);
    for (const file of present) files.add(file);
  };
  for (const name of CA_PATHS) addPath(name, env[name]);
  addPath('NPM_CONFIG_CAFILE', npm.cafile);
  const registry = withoutCredentials(npm.registry);
  if (registry !== undefined) out.NPM_CONFIG_REGISTRY = registry;
  return { env: out, files: [...files] };
}

/**
 * Asks this computer's npm. Without npm, or when it fails, nothing is known and nothing is said:
 * the machine then uses npm's own defaults.
 */
export const npmConfig: ReadNpmConfig = (names, env) =>
  new Promise((resolve) => {
    const options = { env: { ...env }, timeout: 10_000, maxBuffer: 1 << 20 };
    execFile('npm', ['config', 'get', ...names], options, (error, stdout) => {
      resolve(error ? {} : parseNpmConfig(stdout));
    });
  });

function parseNpmConfig(stdout: string): Record<string, string> {
  const pairs = stdout.split('\n').flatMap((line) => {
    const [, name, value] = /^([a-z-]+)=(.*)$/.exec(line.trim()) ?? [];
    const unset = value === undefined || value === '' || value === 'null' || value === 'undefined';
    return name === undefined || unset ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

function proxies(env: Env): Record<string, string> {
  const found = pick(env, PROXIES);
  if (Object.keys(found).length === 0) return {};
  // A machine talks to its own gateway on loopback; a proxy must never be asked for that.
  const except = new Set((env.NO_PROXY ?? env.no_proxy ?? '').split(',').map((host) => host.trim()));
  for (const host of ['localhost', '127.0.0.1', '::1']) except.add(host);
  except.delete('');
  const list = [...except].join(',');
  return { ...found, NO_PROXY: list, no_proxy: list };
}

/** Those of `names` that `env` sets to something. */
export function pick(env: Env, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/** A registry URL may hold a user name and password; those stay on this computer. */
function withoutCredentials(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}
