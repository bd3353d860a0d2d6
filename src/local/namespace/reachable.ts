/** Which addresses a machine may reach through the host, and which of them go through the host's own proxy. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { chosenProxy, unbracketed } from '../../core/proxy.ts';

/** Whether `address` (an IP literal) is this computer itself or its link. Reads the interfaces as they are now. */
export function isHostItself(address: string): boolean {
  const own = new BlockList();
  own.addSubnet('0.0.0.0', 8, 'ipv4');
  own.addSubnet('127.0.0.0', 8, 'ipv4');
  own.addSubnet('169.254.0.0', 16, 'ipv4');
  own.addAddress('::', 'ipv6');
  own.addAddress('::1', 'ipv6');
  own.addSubnet('fe80::', 10, 'ipv6');
  for (const { address: local } of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
    own.addAddress(local, isIPv6(local) ? 'ipv6' : 'ipv4');
  }
  const plain = v4Of(address) ?? address;
  return own.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/** Whether `hostname` names this computer without asking a resolver. Takes URL hostnames, so `[::1]` too. */
export function namesHostItself(hostname: string): boolean {
  const bare = unbracketed(hostname).replace(/\.$/, '').toLowerCase();
  if (isIP(bare) !== 0) return isHostItself(bare);
  return bare === 'localhost' || bare.endsWith('.localhost');
}

/** `::ffff:7f00:1` and `::ffff:127.0.0.1` as the IPv4 address that they stand for. */
function v4Of(address: string): string | undefined {
  if (!isIPv6(address)) return undefined;
  const tail = /^\[::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})\]$/.exec(
    new URL(`http://[${address.split('%')[0]}]`).hostname,
  );
  if (!tail) return undefined;
  const [high, low] = [Number.parseInt(tail[1] ?? '', 16), Number.parseInt(tail[2] ?? '', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * The host's proxy for a target, by the rule of `chosenProxy`. Without a scheme it speaks http, as for curl.
 * @returns a proxy URL, or undefined for a direct connection.
 */
export function upstreamProxy(
  env: Readonly<Record<string, string>>,
  target: { hostname: string; port: number; isHttp: boolean },
): string | undefined {
  const proxy = chosenProxy(env, target)?.value;
  return proxy === undefined || proxy.includes('://') ? proxy : `http://${proxy}`;
}
