/** Which targets the machines' proxy refuses, and which it sends through the computer's own proxy. */
import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { isHostItself, namesHostItself, upstreamProxy } from '../../../src/local/namespace/reachable.ts';

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
