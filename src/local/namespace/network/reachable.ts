/** Which addresses a machine may reach through the host, and which of them go through the host's own proxy. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { chosenProxy, unbracketed } from '../../../core/proxy.ts';

/**
 * Where clouds answer a computer's questions about itself, credentials included, beside the link (169.254.0.0/16,
 * fe80::/10): Alibaba, Azure, Oracle, Equinix; Amazon, Google, Scaleway and Akamai over IPv6.
 */
const METADATA = [
  ...['100.100.100.200', '168.63.129.16', '192.0.0.192', '192.80.8.124'],
  ...['fd00:ec2::254', 'fd20:ce::254', 'fd00:42::42', 'fd00:a9fe:a9fe::1'],
];
// A proxy further on may resolve what this computer cannot.
const METADATA_NAMES = new Set([
  ...['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal'],
  ...['metadata.tencentyun.com', 'metadata.packet.net', 'metadata.platformequinix.com'],
]);

/**
 * Whether `address` (an IP literal) is this computer itself, its link, or its cloud's store of credentials, also when
 * an IPv6 address only stands for such an IPv4 one. Reads the interfaces as they are now.
 */
export function isHostItself(address: string): boolean {
  const own = new BlockList();
  own.addSubnet('0.0.0.0', 8, 'ipv4');
  own.addSubnet('127.0.0.0', 8, 'ipv4');
  own.addSubnet('169.254.0.0', 16, 'ipv4');
  own.addAddress('::', 'ipv6');
  own.addAddress('::1', 'ipv6');
  own.addSubnet('fe80::', 10, 'ipv6');
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  for (const one of [...METADATA, ...interfaces.map((local) => local.address)]) {
    own.addAddress(withoutZone(one), isIPv6(one) ? 'ipv6' : 'ipv4');
  }
  const plain = withoutZone(address);
  return [plain, ...embedded(plain)].some((one) => own.check(one, isIPv6(one) ? 'ipv6' : 'ipv4'));
}

/** The same of a URL's hostname, so `[::1]` and `0x7f.1` too, without asking a resolver. */
export function namesHostItself(hostname: string): boolean {
  const bare = canonical(unbracketed(hostname).replace(/\.+$/, '').toLowerCase());
  if (isIP(bare) !== 0) return isHostItself(bare);
  return bare === 'localhost' || bare.endsWith('.localhost') || METADATA_NAMES.has(bare);
}

/** Numbers in any base, full-width letters and the like as everybody else reads them. */
function canonical(name: string): string {
  const url = `http://${isIPv6(name) ? `[${withoutZone(name)}]` : name}/`;
  return URL.canParse(url) ? unbracketed(new URL(url).hostname).replace(/\.+$/, '') : name;
}

function withoutZone(address: string): string {
  return address.replace(/%.*$/, '');
}

/** The IPv4 addresses that an IPv6 one can lead to: mapped, compatible, translated, NAT64, 6to4, ISATAP, Teredo. */
function embedded(address: string): string[] {
  if (!isIPv6(address)) return [];
  const groups = groupsOf(address);
  const v4 = (at: number, mask = 0) => {
    const [high, low] = [(groups[at] ?? 0) ^ mask, (groups[at + 1] ?? 0) ^ mask];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  };
  const starts = (...first: number[]) => first.every((group, index) => groups[index] === group);
  const tail =
    starts(0, 0, 0, 0, 0, 0xffff) ||
    starts(0, 0, 0, 0, 0xffff, 0) ||
    starts(0, 0, 0, 0, 0, 0) ||
    starts(0x64, 0xff9b) ||
    groups[5] === 0x5efe;
  return [
    ...(tail ? [v4(6)] : []),
    ...(starts(0x2002) ? [v4(1)] : []),
    ...(starts(0x2001, 0) ? [v4(2), v4(6, 0xffff)] : []),
  ];
}

/** Its eight numbers. */
function groupsOf(address: string): number[] {
  const [left = '', right] = unbracketed(new URL(`http://[${address}]`).hostname).split('::');
  const numbers = (text: string) =>
    text === '' ? [] : text.split(':').map((part) => Number.parseInt(part, 16));
  const [head, rest] = [numbers(left), numbers(right ?? '')];
  return right === undefined ? head : [...head, ...Array(8 - head.length - rest.length).fill(0), ...rest];
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
