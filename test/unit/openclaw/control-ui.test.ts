import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { checkedConnection, knownHostsLine, sshSteps } from '../../../src/openclaw/configure/control-ui.ts';

const KEY = `ssh-ed25519 ${'A'.repeat(68)}`;
const connection = {
  endpoint: 'ssh.example.com',
  port: 2222,
  username: 'machine',
  certificate: `ssh-ed25519-cert-v01@openssh.com ${'B'.repeat(200)}`,
  hostTrust: { pattern: '*.example.com', publicKey: KEY },
};
const session = (change: object) => ({
  id: 's',
  status: 'ready',
  retryAfterMs: undefined,
  errorMessage: undefined,
  connection: { ...connection, ...change },
});

describe('the Control UI over SSH', () => {
  it('is three steps; the token is only ever in the own terminal of the person', () => {
    const files = {
      privateKey: "/home/ada's/id_ed25519",
      certificate: '/state/key-cert.pub',
      knownHosts: '/state/known_hosts',
    };
    const steps = sshSteps(checkedConnection(session({})), files, '/home/machine', 18789);
    expect(steps).toHaveLength(3);
    expect(steps[0]).toContain('ssh -N -L 28789:127.0.0.1:18789');
    expect(steps[0]).toContain('StrictHostKeyChecking=yes');
    expect(steps.join(' ')).not.toMatch(/#token=|bootstrapToken/);
    // A shell reads the odd path as one word.
    const words = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${steps[0]?.split(' -i ')[1]}`], {
      encoding: 'utf8',
    });
    expect(words.split('\n')[0]).toBe(files.privateKey);
  });

  it('trusts the host through the authority that the platform names', () => {
    expect(knownHostsLine(connection)).toBe(`@cert-authority *.example.com ${KEY}\n`);
  });

  it.each([
    ['a host', { endpoint: 'a.example;touch /tmp/never' }],
    ['an option for a host', { endpoint: '-oProxyCommand=id' }],
    ['a user', { username: 'root -o ProxyCommand=id' }],
    ['a port', { port: 0 }],
    ['a certificate', { certificate: 'ssh-rsa x\n* ssh-rsa y' }],
    ['a pattern', { hostTrust: { pattern: '* evil', publicKey: KEY } }],
  ])('%s of an unknown form is put in no command', (_, change) => {
    expect(() => checkedConnection(session(change))).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
  });
});
