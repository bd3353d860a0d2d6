/** What a program that we start on the machine may see, and which authorities it trusts. */
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { attempt } from '../../core/errno.ts';
import { mcpDir, type Place, stateDir } from '../place.ts';
import { writeWhole } from '../state/object-file.ts';

type Environment = Record<string, string | undefined>;

/** Nothing of what a server said to us. */
export function childEnvironment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('OPENCLAW_MCP_')),
  );
}

/** For a program that needs to know nothing but where others are: of what this one was told, nothing stays readable in it. */
export const bareEnvironment = () => ({ PATH: process.env.PATH ?? '/usr/bin:/bin' });

/** Which boot of a machine on a person's computer this is; empty on a machine that boots by itself. */
export const machineBoot = (): string => process.env.DEDALUS_LOCAL_BOOT ?? '';

/** For OpenClaw in any role: the same places, port and authorities that its gateway uses. */
export function openclawEnvironment(place: Place): Environment {
  const programs = `${mcpDir(place)}/node/bin:${mcpDir(place)}/bin`;
  const { PATH: path = '/usr/bin:/bin', ...rest } = childEnvironment();
  return {
    ...rest,
    ...trust(place),
    HOME: place.home,
    PATH: path.startsWith(programs) ? path : `${programs}:${path}`,
    OPENCLAW_STATE_DIR: stateDir(place),
    OPENCLAW_GATEWAY_PORT: String(place.port),
    // Its parent would be a process of 60 MB that does nothing.
    OPENCLAW_NO_RESPAWN: '1',
  };
}

const SYSTEM_AUTHORITIES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/cert.pem',
];

/** curl, npm and node each read another variable for the same thing; a company proxy works only if all know its authority. */
export function trust(place: Place, env: Environment = childEnvironment()): Environment {
  const extra = env.NODE_EXTRA_CA_CERTS || undefined;
  const named = [env.CURL_CA_BUNDLE, env.SSL_CERT_FILE, env.NPM_CONFIG_CAFILE, env.npm_config_cafile];
  const ca = named.find((file) => file) ?? (extra && joinedAuthorities(place, extra));
  return ca ? { CURL_CA_BUNDLE: ca, NPM_CONFIG_CAFILE: ca, NODE_EXTRA_CA_CERTS: extra ?? ca } : {};
}

/** Node adds this one to its own list; the others replace theirs, so they need both. */
function joinedAuthorities(place: Place, extra: string): string | undefined {
  if (!isReadable(extra)) return undefined;
  const system = SYSTEM_AUTHORITIES.find(isReadable);
  const file = join(mcpDir(place), 'ca.pem');
  writeWhole(file, [system, extra].map((one) => (one ? readFileSync(one, 'utf8') : '')).join(''));
  return file;
}

function isReadable(file: string): boolean {
  return attempt(() => accessSync(file, constants.R_OK) === undefined, false);
}
