/** The server of this process, composed from its settings: what serves MCP, and what the commands call. */
import { version } from '../../package.json';
import type { Config, Environment } from '../config/config.ts';
import { faultError } from '../config/faults.ts';
import { secretValues } from '../config/secret-sources.ts';
import { systemClock } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Call } from '../dedalus/calls/call.ts';
import { cappedFetch } from '../dedalus/capped-fetch.ts';
import { dedalusCaller } from '../dedalus/client.ts';
import type { Watch } from '../dedalus/wire.ts';
import { ensureDaemon } from '../local/daemon/daemon.ts';
import { daemonFetch } from '../local/daemon/daemon-fetch.ts';
import { channelKeys } from '../openclaw/catalog/channels.ts';
import { newestRelease, requireRelease } from '../openclaw/catalog/newest-release.ts';
import { NO_KEY } from '../openclaw/catalog/own-server.ts';
import { providerKeys } from '../openclaw/catalog/providers.ts';
import { type AssembledServer, assembleServer } from '../server.ts';
import { type ProcessEnvironment, processEnvironment } from './environment.ts';
import { fetchFor, proxyFetch } from './proxy-fetch.ts';

/** @param learn takes secrets that are known only once it connects, to keep them out of all output. */
export type Connect = (
  config: Config,
  learn: (secret: string) => void,
  watch?: Watch | undefined,
) => Promise<Call>;

/** What the command line asks for. */
export interface ServerFlags {
  /** Machines on this computer instead of the cloud's. */
  local: boolean;
  readOnly: boolean;
  /** Names of tools, separated by commas; all when undefined. */
  tools: string | undefined;
}

export interface ProcessServer extends AssembledServer {
  /** Names in `.env` of what it may not set. */
  ignored: readonly string[];
}

/**
 * Reads the settings, and reaches nothing yet.
 * @param writeLog takes one finished line of diagnostics
 * @throws AppError `config` for a wrong flag: a limit that is not understood must not be left out.
 */
export function serverOfProcess(
  flags: ServerFlags,
  writeLog: (line: string) => void,
  watch?: Watch,
): ProcessServer {
  const settings = processEnvironment({ local: flags.local });
  const { env, config, faults, ignored } = settings;
  const connect = flags.local ? connectLocal(process.env) : connectCloud(settings);
  const providers = providerKeys(env);
  const assembled = assembleServer({
    config,
    connect: (learn) => connect(config, learn, watch),
    faults,
    readOnly: flags.readOnly,
    only: flags.tools?.split(',').map((name) => name.trim()),
    providers,
    channels: channelKeys(env),
    fetch: fetchFor(env),
    secrets: [
      ...secretValues(env),
      config.dedalusApiKey ?? '',
      ...providers.flatMap(({ key }) => (key === NO_KEY ? [] : [key])),
    ],
    clock: systemClock,
    newest: newestRelease(cappedFetch(fetchFor(env), MAX_REGISTRY_BYTES), config.npmRegistry, systemClock),
    requireRelease: requireRelease(
      cappedFetch(fetchFor(env), MAX_LIST_BYTES),
      config.npmRegistry,
      systemClock,
    ),
    writeLog,
  });
  return { ...assembled, ignored };
}

/** A release's description is some ten kilobytes. */
const MAX_REGISTRY_BYTES = 2_000_000;
/** The list of all of them; some two megabytes. */
const MAX_LIST_BYTES = 20_000_000;

/** The Dedalus cloud, with the key of the settings, through the proxy of the environment. */
export const connectCloud =
  ({ env, faults, ignored }: Pick<ProcessEnvironment, 'env' | 'faults' | 'ignored'>): Connect =>
  async (config, _learn, watch) => {
    const fault = faultError(faults, ['cloud']);
    if (fault !== undefined) throw fault;
    if (config.dedalusApiKey === undefined) {
      const passedOver = ignored.includes('DEDALUS_API_KEY')
        ? '; the one in .env does not count, since other keys are kept elsewhere'
        : '';
      throw new AppError('config', `DEDALUS_API_KEY is not set, so no machine can be reached${passedOver}`, {
        next: "Run `openclaw-dedalus-mcp login` in a terminal, or set DEDALUS_API_KEY (or DEDALUS_API_KEY_FILE) in the env of this server's entry in the client's configuration, and restart the server; or run it with --local, which needs no account.",
      });
    }
    return dedalusCaller({
      apiKey: config.dedalusApiKey,
      baseUrl: config.dedalusBaseUrl,
      orgId: config.dedalusOrgId,
      clock: systemClock,
      fetch: await proxyFetch(env, config.dedalusBaseUrl),
      watch,
    });
  };

/** Machines on this computer, behind a background API that outlives this process. */
const connectLocal =
  (env: Environment): Connect =>
  async (config, learn, watch) => {
    const ensure = () =>
      ensureDaemon({
        stateDir: config.stateDir,
        node: process.execPath,
        bin: process.argv[1] ?? '',
        env,
        clock: systemClock,
        version,
      });
    const found = await ensure();
    const { baseUrl, apiKey } = found;
    learn(apiKey);
    const fetch = daemonFetch(found, ensure);
    return dedalusCaller({ apiKey, baseUrl, orgId: undefined, clock: systemClock, fetch, watch });
  };
