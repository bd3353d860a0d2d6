/** What a machine's commands inherit, which loopback services they name, and what a computer without means is told. */
import { describe, expect, it } from 'vitest';
import { machineEnvironment } from '../../../src/local/namespace/environment.ts';
import { namespaceRuntime } from '../../../src/local/namespace/index.ts';
import { loopbackTargets } from '../../../src/local/namespace/network/forwards.ts';
import { probeNamespace } from '../../../src/local/namespace/probe.ts';
import { findTools, type Tools } from '../../../src/local/namespace/tools.ts';

describe('the environment of a machine', () => {
  it('has its own proxy in place of the computer’s, and the rest of what it inherits', () => {
    const trust = {
      env: { https_proxy: 'http://u:p@company:1', NO_PROXY: 'x', NPM_CONFIG_REGISTRY: 'https://r/' },
      files: [],
    };
    const { env } = machineEnvironment(trust);
    expect(env).toMatchObject({
      HTTPS_PROXY: 'http://127.0.0.1:3128',
      https_proxy: 'http://127.0.0.1:3128',
      NO_PROXY: 'localhost,127.0.0.1,::1',
      NODE_USE_ENV_PROXY: '1',
      NPM_CONFIG_REGISTRY: 'https://r/',
      HOME: '/home/machine',
    });
    expect(JSON.stringify(env)).not.toContain('company');
  });
});

describe('the loopback services that an environment names', () => {
  it('are those of its URLs', () => {
    const env = {
      A_BASE_URL: 'http://127.0.0.1:9999/v1',
      B_URL: 'https://localhost/x',
      C_URL: 'http://[::1]:7/',
      NPM_CONFIG_REGISTRY: 'http://localhost:4873/',
    };
    expect(loopbackTargets(env)).toEqual([
      { host: '127.0.0.1', port: 9999 },
      { host: 'localhost', port: 443 },
      { host: '::1', port: 7 },
      { host: 'localhost', port: 4873 },
    ]);
  });

  it('are never the gateway, the proxy, other hosts, other variables or things that are no URL', () => {
    const env = {
      GATEWAY_URL: 'http://127.0.0.1:18789',
      PROXY_URL: 'http://127.0.0.1:3128',
      FAR_URL: 'https://example.org:9999',
      NOTE: 'http://127.0.0.1:9999',
      BAD_URL: '127.0.0.1:9999',
      ODD_URL: 'http://127.0.0.1.example:9999',
    };
    expect(loopbackTargets(env)).toEqual([]);
  });
});

describe('a computer that cannot isolate machines', () => {
  const failing: Tools = {
    unshare: '/bin/false',
    nsenter: '/bin/false',
    bash: '/bin/bash',
    mkfifo: '/bin/false',
  };
  const reason = async (settings: Record<string, string>) => {
    const probe = await probeNamespace({
      platform: 'linux',
      tools: failing,
      setting: async (file) => settings[file],
    });
    return probe.available ? 'available' : probe.reason;
  };

  it('is told in one sentence what is missing', async () => {
    const missing = findTools(['/nowhere']);
    const probe = await probeNamespace({ platform: 'linux', tools: missing });
    expect(probe).toMatchObject({ available: false, reason: expect.stringContaining('unshare, nsenter') });
    expect(() => namespaceRuntime({ trust: { env: {}, files: [] }, tools: missing })).toThrow(/unshare/);
    expect(await probeNamespace({ platform: 'darwin' })).toMatchObject({
      reason: expect.stringContaining('Linux'),
    });
  });

  it('is told which setting of the kernel is in the way', async () => {
    expect(await reason({ 'kernel/apparmor_restrict_unprivileged_userns': '1' })).toContain('AppArmor');
    expect(await reason({ 'kernel/unprivileged_userns_clone': '0' })).toContain('ordinary users');
    expect(await reason({ 'user/max_user_namespaces': '0' })).toContain('max_user_namespaces');
    expect(await reason({})).toContain('not the mounts');
  });
});
