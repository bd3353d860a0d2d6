/** The proxy on the way to the cloud, checked before it is used: a wrong one is named, its password never shown. */
import { succeeds } from '../core/errno.ts';
import { AppError } from '../core/errors.ts';
import { chosenProxy } from '../core/proxy.ts';
import { type Environment, isLoopback } from './config.ts';

export interface CloudProxy {
  /** The variable that names it, for what is said about it. */
  variable: string;
  /** Scheme, host and port alone. */
  origin: string;
  /** For the Proxy-Authorization header, where the address has a user name or a password. */
  authorization: string | undefined;
}

const FORM =
  'must look like http://host:port or http://user:password@host:port; in user and password #, ?, /, @ and % are written %23, %3F, %2F, %40 and %25';

/**
 * The proxy that leads to `baseUrl`; undefined where none does, and for this computer itself.
 * @throws AppError `config` that names the variable, without its value.
 */
export function cloudProxy(env: Environment, baseUrl: string): CloudProxy | undefined {
  const { hostname, port, protocol } = new URL(baseUrl);
  if (isLoopback(hostname)) return undefined;
  const isHttp = protocol === 'http:';
  const chosen = chosenProxy(env, { hostname, port: Number(port || (isHttp ? 80 : 443)), isHttp });
  if (chosen === undefined) return undefined;
  const { variable, value } = chosen;
  const fault = proxyFault(value);
  if (fault !== undefined) {
    throw new AppError('config', `${variable} ${fault}`, {
      next: `Correct ${variable} where the server starts, or take the address out with NO_PROXY=${hostname}, and restart the server.`,
    });
  }
  const { origin, username, password } = new URL(value);
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    variable,
    origin,
    authorization: user === ':' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`,
  };
}

function proxyFault(value: string): string | undefined {
  if (/^["']|["']$/.test(value)) return 'has quotes around it';
  if (/^socks/i.test(value))
    return 'names a SOCKS proxy, which this server cannot go through; name an HTTP one';
  if (!/^https?:\/\//i.test(value)) return 'must begin with http:// or https://, as in http://host:port';
  if (!URL.canParse(value)) return FORM;
  const { pathname, search, hash, username, password } = new URL(value);
  return pathname === '/' && search === '' && hash === '' && isEncoded(username) && isEncoded(password)
    ? undefined
    : FORM;
}

const isEncoded = (text: string) => succeeds(() => decodeURIComponent(text));
