/** A local machine must reach the network as its computer does, and learn no secret of it. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hostTrust, npmConfig } from '../../../src/local/runtimes/host-trust.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'trust-'));
});
afterEach(() => rm(dir, { recursive: true }));

const noNpm = async () => ({});

describe('what a local machine inherits', () => {
  it('passes on certificates that exist, with their paths, and drops the others', async () => {
    const ca = path.join(dir, 'ca.pem');
    await writeFile(ca, 'x');
    const env = {
      NODE_EXTRA_CA_CERTS: ca,
      SSL_CERT_DIR: `${dir}:/no/such/dir`,
      CURL_CA_BUNDLE: '/no/such/file',
      ANTHROPIC_API_KEY: 'sk-secret',
    };
    expect(await hostTrust(env, noNpm)).toEqual({
      env: { NODE_EXTRA_CA_CERTS: ca, SSL_CERT_DIR: dir },
      files: [ca, dir],
    });
  });

  it('never sends a machine to the proxy for its own loopback', async () => {
    const trust = await hostTrust({ HTTPS_PROXY: 'http://proxy:3128', no_proxy: 'intern.example' }, noNpm);
    expect(trust.env).toEqual({
      HTTPS_PROXY: 'http://proxy:3128',
      NO_PROXY: 'intern.example,localhost,127.0.0.1,::1',
      no_proxy: 'intern.example,localhost,127.0.0.1,::1',
    });
  });

  it("takes npm's registry and CA file, but not the password in the URL", async () => {
    const ca = path.join(dir, 'npm-ca.pem');
    await writeFile(ca, 'x');
    const trust = await hostTrust({}, async () => ({
      registry: 'https://user:pass@npm.example/repo/',
      cafile: ca,
    }));
    expect(trust.env).toEqual({ NPM_CONFIG_REGISTRY: 'https://npm.example/repo/', NPM_CONFIG_CAFILE: ca });
    expect(trust.files).toEqual([ca]);
  });

  it('asks the npm in PATH, and does without one', async () => {
    const npm = path.join(dir, 'npm');
    await writeFile(npm, '#!/bin/sh\necho "registry=https://npm.example/"\necho "cafile=null"\n');
    await chmod(npm, 0o755);
    const env = { PATH: `${dir}:/bin:/usr/bin` };
    expect(await npmConfig(['registry', 'cafile'], env)).toEqual({ registry: 'https://npm.example/' });
    expect(await npmConfig(['registry'], { PATH: '/nonexistent' })).toEqual({});
  });
});
