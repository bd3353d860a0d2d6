/** Which targets the machines' proxy refuses, and which it sends through the computer's own proxy. */
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  isHostItself,
  namesHostItself,
  upstreamProxy,
} from '../../../src/local/namespace/network/reachable.ts';

describe('what a machine may not reach through the proxy', () => {
  it.each([
    '127.0.0.1',
    '127.9.9.9',
    '0.0.0.0',
    '169.254.169.254',
    '::1',
    '::',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'fe80::a9fe:a9fe%eth0',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    ...['100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254', 'FD00:EC2:0:0:0:0:0:254'],
    ...['::ffff:100.100.100.200', '::ffff:a83f:8110', '::ffff:0:100.100.100.200', '64:ff9b::c000:c0'],
    ...['2002:6464:64c8::1', '2001:0:6464:64c8::1', '2001:0:102:304::9b9b:9b37', 'fd00::5efe:168.63.129.16'],
    ...['fd20:ce::254', 'fd00:42::42', 'fd00:a9fe:a9fe::1'],
  ])('%s is this computer or its link', (address) => {
    expect(isHostItself(address)).toBe(true);
  });

  it('includes every address of this computer', () => {
    const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    expect(own.filter(({ address }) => !isHostItself(address))).toEqual([]);
  });

  it.each(['8.8.8.8', '203.0.113.7', '2001:db8::1', '::ffff:8.8.8.8'])('%s is somewhere else', (address) => {
    expect(isHostItself(address)).toBe(false);
  });

  it.each(['localhost', 'LOCALHOST.', 'x.localhost', '[::1]', '127.0.0.1'])(
    '%s names this computer',
    (name) => {
      expect(namesHostItself(name)).toBe(true);
    },
  );

  it.each([
    ...[
      '2852039166',
      '0xA9FEA9FE',
      '0251.0376.0251.0376',
      '169.254.43518',
      '0x64.0x64.100.200',
      '1684301000',
    ],
    ...[
      '0144.0144.0144.0310',
      '168.63.33040',
      '0xc0.0.0.0xc0',
      '３２３２.example.localhost',
      '１００.100.100.200',
    ],
    ...['metadata.google.internal', 'METADATA.google.internal.', '[fd00:ec2::254]', '[::ffff:168.63.129.16]'],
  ])('%s is where a cloud keeps credentials, or this computer, however it is written', (name) => {
    expect(namesHostItself(name)).toBe(true);
  });

  it.each(['134744072', '0x08.8.8.8', '100.100.100.201', '[2001:db8::6464:64c8]', 'metadata.example'])(
    '%s is somewhere else',
    (name) => {
      expect(namesHostItself(name)).toBe(false);
    },
  );

  it('leaves other names to the resolver', () => {
    expect(namesHostItself('localhost.example')).toBe(false);
  });
});

describe('the way to a target', () => {
  const env = {
    HTTPS_PROXY: 'http://secure:1',
    http_proxy: 'plain:2',
    NO_PROXY: 'intern.example, .corp, other:8443,[2001:db8::1]',
  };
  const secure = (hostname: string, port = 443) => upstreamProxy(env, { hostname, port, isHttp: false });

  it('goes through the proxy for its scheme', () => {
    expect(secure('example.org')).toBe('http://secure:1');
    expect(upstreamProxy(env, { hostname: 'example.org', port: 80, isHttp: true })).toBe('http://plain:2');
    expect(upstreamProxy({ ALL_PROXY: 'socks5://s:3' }, { hostname: 'a', port: 1, isHttp: true })).toBe(
      'socks5://s:3',
    );
    expect(upstreamProxy({}, { hostname: 'a', port: 1, isHttp: true })).toBeUndefined();
  });

  it('is direct for what NO_PROXY lists', () => {
    const direct = ['intern.example', 'a.intern.example', 'x.corp', 'INTERN.example', '[2001:db8::1]'];
    expect(direct.map((host) => secure(host))).toEqual(direct.map(() => undefined));
    expect(secure('other', 8443)).toBeUndefined();
    expect(secure('other')).toBe('http://secure:1');
    expect(secure('notintern.example')).toBe('http://secure:1');
    expect(
      upstreamProxy({ ...env, NO_PROXY: '*' }, { hostname: 'a', port: 1, isHttp: false }),
    ).toBeUndefined();
  });
});
