/** What a machine sees of the computer that it runs on: its own home, its own processes, and the programs. */
import { chownSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineIdentity } from '../../../src/local/namespace/identity.ts';
import {
  bash,
  bootFolders,
  NO_TRUST,
  result,
  shared,
  started,
  temporaryFolder,
  unavailable,
  why,
} from './fixture.ts';

describe.skipIf(unavailable)(`a machine of the namespace runtime${why}`, () => {
  const one = shared();

  it('starts in its persistent home, as root, under a name of its own', async () => {
    const { machine, boot } = one();
    const { out } = await bash(machine, 'pwd; echo $HOME; id -u; hostname; echo kept > note');
    expect(out.split('\n')).toEqual(['/home/machine', '/home/machine', '0', 'machine-0a1b2c3d']);
    expect(readFileSync(path.join(boot.homeDir, 'note'), 'utf8')).toBe('kept\n');
  });

  it('is never root of the computer, and owns nothing there but its home', async () => {
    const { machine, boot } = one();
    await bash(machine, ': > mine');
    const { uid, gid } = machineIdentity();
    expect(uid).not.toBe(0);
    expect(lstatSync(path.join(boot.homeDir, 'mine'))).toMatchObject({ uid, gid });
    const { out } = await bash(
      machine,
      'cat /proc/self/uid_map; for f in /usr/bin/* /dev/null /proc/sys/kernel/printk; do [[ ! -O $f ]] || echo owns $f; done',
    );
    expect(out.trim().split(/\s+/)).toEqual(['0', '0', '1']);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'is given a home that was root’s, and nothing that it links to',
    async () => {
      const boot = bootFolders();
      const outside = path.join(temporaryFolder(), 'outside');
      writeFileSync(outside, 'x');
      writeFileSync(path.join(boot.homeDir, 'old'), 'kept');
      symlinkSync(outside, path.join(boot.homeDir, 'link'));
      chownSync(boot.homeDir, 0, 0);
      const { machine } = await started(NO_TRUST, boot);
      expect((await bash(machine, 'cat old; echo more >> old; : > new && echo new')).out).toBe('keptnew');
      expect(lstatSync(outside).uid).toBe(0);
    },
  );

  it('sees neither the user’s files nor those of the host’s services', async () => {
    const { machine, boot } = one();
    const secret = path.join(temporaryFolder(), 'secret');
    writeFileSync(secret, 'x');
    const { out } = await bash(
      machine,
      `ls -A /home /root /tmp /var/lib /mnt /srv /opt; for f in ${secret} ${boot.scratchDir} /.host /sys/kernel; do [ ! -e $f ] || echo sees $f; done`,
    );
    expect(out).not.toContain('sees');
    expect(out.replaceAll(/^\/.*:$|^$\n?/gm, '').trim()).toBe('machine');
    expect(homedir()).not.toBe('/home/machine');
  });

  it('sees only its own processes, and cannot end the first of them', async () => {
    const { machine } = one();
    const { out } = await bash(machine, 'kill -9 1; seen=$(ps -e -o comm=); echo "$seen" | sort -u');
    expect(out.trim().split('\n')).toEqual(['bash', 'ps']);
  });

  it('cannot undo the mounts that protect the host, nor change kernel settings', async () => {
    const { machine } = one();
    const attempts = [
      'umount /proc/sys',
      'mount -o remount,bind,rw /proc/sys',
      'unshare --user --map-root-user --mount umount /proc/sys',
      'unshare --user --map-root-user --mount --pid --fork mount -t proc proc /proc',
      'echo 1 > /proc/sys/kernel/printk',
    ];
    const { out } = await bash(
      machine,
      attempts.map((attempt) => `(${attempt}) 2>/dev/null && echo "${attempt}"`).join('\n'),
    );
    expect(out).toBe('');
  });

  it('collects processes that lost their parent', async () => {
    const { machine } = one();
    const orphans = 'for i in 1 2 3 4 5 6 7 8; do (setsid true &); done';
    // A process that nobody collects stays in the list for good.
    const { out } = await bash(
      machine,
      `${orphans}; while pgrep -x 'true|setsid' >/dev/null; do :; done; echo none`,
    );
    expect(out).toBe('none');
  });

  it('gives CA files of any folder to its commands', async () => {
    const file = path.join(temporaryFolder(), 'company.pem');
    writeFileSync(file, 'company CA');
    const trust = { env: { NODE_EXTRA_CA_CERTS: file, SSL_CERT_DIR: `/nowhere:${file}` }, files: [file] };
    const { machine } = await started(trust);
    const { out } = await bash(
      machine,
      'cat "$NODE_EXTRA_CA_CERTS"; echo; cut -d: -f2 <<<"$SSL_CERT_DIR" | xargs cat',
    );
    expect(out).toBe('company CA\ncompany CA');
  });

  it('hands over stdin byte for byte, and output that can be opened again', async () => {
    const { machine } = one();
    const stdin = `quotes ' " \\ \n emoji 🦀 $(id) ${'x'.repeat(200_000)}`;
    const command = ['bash', '-c', 'cat /dev/stdin; echo done > /dev/stderr'];
    const read = await result(machine.run({ command, env: {}, stdin, cwd: '/tmp' }));
    expect(read.out).toBe(stdin);
    expect(read.err).toBe('done');
  });
});
