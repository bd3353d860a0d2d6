/** Where things lie on a machine, as far as the server itself must know; `src/bootstrap/base.sh` holds the same layout. */

/** OPENCLAW_STATE_DIR of a machine. */
export const stateDir = (home: string): string => `${home}/.openclaw`;

/** 0600; holds the gateway token under `gateway` and each provider's key under the provider's id. */
export const secretsFile = (home: string): string => `${stateDir(home)}/secrets.json`;

/** The gateway's own log, of JSON lines. */
export const gatewayLog = (home: string): string => `${stateDir(home)}/logs/openclaw.log`;

/** The agent's folder. Older releases put it elsewhere unless told. */
export const workspaceDir = (home: string): string => `${stateDir(home)}/workspace`;
