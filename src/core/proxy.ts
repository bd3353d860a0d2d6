/** Which proxy leads to a target, from variables as curl and Node read them: one rule for the cloud and for machines. */

export interface ChosenProxy {
  /** The variable that names it, as it is spelt in the environment. */
  variable: string;
  value: string;
}

/**
 * The proxy for a target: lower case wins, the one for all schemes comes after the target's own, and NO_PROXY lists
 * names, `.suffixes`, `*.suffixes`, `host:port` and `*`. A proxy for http serves https too where none is named for that.
 * @param target its hostname as in a URL, so `[::1]` too.
 * @returns undefined for a direct connection.
 */
export function chosenProxy(
  env: Readonly<Record<string, string | undefined>>,
  target: { hostname: string; port: number; isHttp: boolean },
): ChosenProxy | undefined {
  const names = target.isHttp ? ['HTTP_PROXY', 'ALL_PROXY'] : ['HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY'];
  const [proxy] = names.flatMap((name) => setting(env, name) ?? []);
  if (proxy === undefined) return undefined;
  const name = unbracketed(target.hostname).toLowerCase();
  const direct = (setting(env, 'NO_PROXY')?.value ?? '')
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => exempts(entry, name, target.port));
  return direct ? undefined : proxy;
}

/** `[::1]` as `::1`. */
export function unbracketed(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function setting(env: Readonly<Record<string, string | undefined>>, name: string): ChosenProxy | undefined {
  for (const variable of [name.toLowerCase(), name]) {
    const value = env[variable]?.trim();
    if (value) return { variable, value };
  }
  return undefined;
}

function exempts(entry: string, name: string, port: number): boolean {
  if (entry === '') return false;
  if (entry === '*') return true;
  const [, host = entry, only] = /^([^:]+|\[.*\]):(\d+)$/.exec(entry) ?? [];
  if (only !== undefined && Number(only) !== port) return false;
  const suffix = unbracketed(host).replace(/^\*?\./, '');
  return name === suffix || name.endsWith(`.${suffix}`);
}
