/** How a client is told to start this server: the command, and the names of the variables that it must hand on. */
import { isAbsolute } from 'node:path';
import type { Environment } from '../../config/config.ts';
import { CHANNELS } from '../../openclaw/catalog/channels.ts';
import { PROVIDERS } from '../../openclaw/catalog/providers.ts';

/** The server's name in every client. */
export const SERVER_NAME = 'openclaw-dedalus';

export interface ServerEntry {
  command: string;
  args: readonly string[];
  /** Variables that hold keys; their values never get into a client's file. */
  keys: readonly string[];
}

export interface Place {
  platform: NodeJS.Platform;
  env: Environment;
  home: string;
}

const PACKAGE = 'openclaw-dedalus-mcp';
// Where an installed package lies, in npx's cache too; anything else is somebody's clone.
const INSTALLED = /[\\/]node_modules[\\/]openclaw-dedalus-mcp[\\/]/;

/**
 * The entry for machines in the cloud, or on this computer.
 * @param program the running Node and the bin's real path: a clone is started from where it lies
 */
export function serverEntry(
  place: Place,
  program: { node: string; bin: string },
  options: { local: boolean },
): ServerEntry {
  const flags = options.local ? ['--local'] : [];
  const keys = [
    ...(options.local ? [] : ['DEDALUS_API_KEY']),
    ...providerVariables(place.env),
    ...tokenVariables(place.env),
  ];
  if (isAbsolute(program.bin) && !INSTALLED.test(program.bin)) {
    return { command: program.node, args: [program.bin, ...flags], keys };
  }
  const npx = ['-y', PACKAGE, ...flags];
  // On Windows npx is a script, which programs cannot start by themselves.
  return place.platform === 'win32'
    ? { command: 'cmd', args: ['/c', 'npx', ...npx], keys }
    : { command: 'npx', args: npx, keys };
}

/** The keys that are set here; where there is none, the first provider's, for the user to set. */
function providerVariables(env: Environment): string[] {
  const set = PROVIDERS.flatMap((provider) =>
    provider.keyVariables.filter((name) => env[name]?.trim()).slice(0, 1),
  );
  return set.length > 0
    ? set
    : PROVIDERS.slice(0, 1).flatMap((provider) => provider.keyVariables.slice(0, 1));
}

/** The messengers' tokens that are set here. */
function tokenVariables(env: Environment): string[] {
  const every = CHANNELS.flatMap((channel) => channel.tokens.map((token) => token.variable));
  return every.filter((name) => env[name]?.trim());
}
