/** The MCP server over stdio: reads the process's settings, connects, and ends with its client. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { type Config, type Environment, readConfig } from '../config/config.ts';
import { systemClock } from '../core/clock.ts';
import { AppError, isAppError } from '../core/errors.ts';
import type { DedalusApi } from '../dedalus/api.ts';
import { dedalusClient } from '../dedalus/client.ts';
import { ensureDaemon } from '../local/daemon.ts';
import { providerKeys } from '../openclaw/providers.ts';
import { assembleServer } from '../server.ts';
import { endWithClient } from './lifecycle.ts';

export type Connect = (config: Config) => Promise<DedalusApi>;

/** Serves until the client is gone. A wrong setting does not stop it: every call then says what is wrong. */
export async function serve(env: Environment, connect: Connect): Promise<void> {
  const { config, fault } = settingsOf(env);
  const providers = providerKeys(env);
  const assembled = assembleServer({
    config,
    connect: async () => {
      if (fault) throw fault;
      return connect(config);
    },
    providers,
    secrets: [config.dedalusApiKey ?? '', ...providers.map((provider) => provider.key)],
    clock: systemClock,
    writeLog: (line) => process.stderr.write(`${line}\n`),
  });
  endWithClient(async () => {
    assembled.close();
    await assembled.server.close();
  }, assembled.log);
  await assembled.server.connect(new StdioServerTransport());
}

/** The Dedalus cloud, with the key of the settings. */
export const connectCloud: Connect = async (config) => {
  if (config.dedalusApiKey === undefined) {
    throw new AppError('config', 'DEDALUS_API_KEY is not set, so no machine can be reached', {
      next: "Set DEDALUS_API_KEY in the env of this server's entry in the client's configuration and restart it; or run the server with --local, which needs no account.",
    });
  }
  return dedalusClient({
    apiKey: config.dedalusApiKey,
    baseUrl: config.dedalusBaseUrl,
    orgId: config.dedalusOrgId,
    clock: systemClock,
  });
};

/** Machines on this computer, behind a background API that outlives this process. */
export const connectLocal =
  (env: Environment): Connect =>
  async (config) => {
    const { baseUrl, apiKey } = await ensureDaemon({
      stateDir: config.stateDir,
      node: process.execPath,
      bin: process.argv[1] ?? '',
      env,
      clock: systemClock,
    });
    return dedalusClient({ apiKey, baseUrl, orgId: undefined, clock: systemClock });
  };

function settingsOf(env: Environment): { config: Config; fault: AppError | undefined } {
  try {
    return { config: readConfig(env), fault: undefined };
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    return { config: readConfig({}), fault: error };
  }
}
