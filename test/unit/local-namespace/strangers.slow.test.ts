/** Programs in a machine that mean harm: to the computer's files, or to the end of their machine. */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { namespaceRuntime } from '../../../src/local/namespace/index.ts';
import { findTools } from '../../../src/local/namespace/tools.ts';
import {
  bash,
  booted,
  bootFolders,
  NO_TRUST,
  result,
  started,
  temporaryFolder,
  unavailable,
  why,
} from './fixture.ts';

/** Keeps hold of every program of the host that enters the machine, and writes to it as soon as it no longer runs. */
const OVERWRITE = `
const fs = require('node:fs');
const held = new Map();
const tried = new Set();
const until = Date.now() + 60_000;
console.log('up');
while (Date.now() < until && !fs.existsSync('enough')) {
  for (const pid of fs.readdirSync('/proc')) {
    if (!/^\\d+$/.test(pid)) continue;
    try {
      if (!/victim/.test(fs.readlinkSync('/proc/' + pid + '/exe'))) continue;
      if (!held.has(pid)) held.set(pid, fs.openSync('/proc/' + pid + '/exe', 'r'));
    } catch {}
  }
  if (held.size > 0) fs.writeFileSync('met', '');
}
for (let round = 0; round < 200; round += 1) {
  for (const fd of held.values()) {
    try { fs.writeSync(fs.openSync('/proc/self/fd/' + fd, 'r+'), 'OWNED'); tried.add('written'); }
    catch (error) { tried.add(error.code); }
    try { fs.fchmodSync(fd, 0o777); tried.add('changed'); } catch (error) { tried.add(error.code); }
  }
}
console.log([...tried].join(' '));`;

const run = (script: string) => ({
  command: ['bash', '-c', script],
  env: {},
  stdin: undefined,
  cwd: undefined,
});
const HOP = 'hop() { hop & exit; }; hop';
const DEAF = "trap '' HUP INT TERM QUIT CONT TSTP; while :; do :; done";

describe.skipIf(unavailable)(`a hostile program in a machine${why}`, { timeout: 120_000 }, () => {
  it('cannot change the program that enters its machine', async () => {
    const tools = findTools();
    if ('missing' in tools) throw new Error('no tools');
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const victim = path.join(folder, 'victim');
    copyFileSync(tools.nsenter, victim);
    if (process.getuid?.() !== 0) {
      // It is the user's own here, as no nsenter of a system is.
      const boot = namespaceRuntime({ trust: NO_TRUST, tools: { ...tools, nsenter: victim } }).boot(
        bootFolders(),
      );
      return await expect(boot).rejects.toMatchObject({ code: 'unsupported' });
    }
    chmodSync(victim, 0o755);
    const before = readFileSync(victim);
    const machine = await booted(
      namespaceRuntime({ trust: NO_TRUST, tools: { ...tools, nsenter: victim } }),
      bootFolders(),
    );
    const attack = machine.run({
      command: [process.execPath, '-e', OVERWRITE],
      env: {},
      stdin: undefined,
      cwd: undefined,
    });
    const seen = result(attack);
    let met = false;
    for (let i = 0; i < 300 && !met; i += 1) met = (await bash(machine, 'ls met 2>&1')).out === 'met';
    await bash(machine, ': > enough');
    const { out } = await seen;
    expect(met).toBe(true);
    expect(out.split('\n')[1]?.split(' ').sort()).toEqual(['EACCES', 'EPERM']);
    expect(readFileSync(victim).equals(before)).toBe(true);
  });

  it.each([
    ['stops itself', 'kill -STOP $$'],
    ['stops everything', 'sleep 1000 & kill -STOP $! $$ 0 -1'],
    ['ignores signals', DEAF],
    ['forks for ever', HOP],
    [
      'forks for ever in sessions of their own',
      'while :; do setsid sleep 1000 >/dev/null 2>&1 & sleep 0.05; done',
    ],
  ])('that %s ends with its machine, and when its command is killed', async (_, script) => {
    const { machine } = await started();
    const killed = machine.run(run(script));
    const running = machine.run(run(script));
    const ends = [result(killed), result(running)];
    await bash(machine, 'sleep 0.3');
    killed.kill();
    await ends[0];
    await machine.stop();
    await Promise.all(ends);
  });

  it('that stops itself does not outlive a server that was killed', async () => {
    const boot = bootFolders();
    const { machine } = await started(NO_TRUST, boot);
    const ended = result(machine.run(run('kill -STOP $$')));
    await bash(machine, 'sleep 0.3');
    // Of the next server, which knows nothing of the commands.
    await namespaceRuntime({ trust: NO_TRUST }).cleanUp(boot);
    await ended;
  });
});

const ROOT = process.getuid?.() === 0;

describe.skipIf(unavailable || !ROOT)('without an overlay, as root', { timeout: 120_000 }, () => {
  it('nothing below /usr can be written to', async () => {
    const folder = temporaryFolder();
    const outfile = path.join(folder, 'owner.mjs');
    await build({
      entryPoints: [path.join(import.meta.dirname, 'writer.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      loader: { '.sh': 'text' },
      banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
    });
    const { homeDir, scratchDir } = bootFolders();
    const script = [
      'mount --make-rprivate / && cp /usr/bin/mount "$1/mount" && chmod 711 "$1"',
      'mount -t tmpfs -o nosuid,noatime,mode=1777 tmpfs /usr/local/share',
      'mkdir -m 1777 "/usr/local/share/a b" && mount -t tmpfs -o mode=1777 tmpfs "/usr/local/share/a b"',
      `printf '#!/bin/bash\\n[[ " $* " != *" overlay "* ]] && exec %q/mount "$@"' "$1" >"$1/shim" && chmod 755 "$1/shim"`,
      'mount --bind "$1/shim" /usr/bin/mount',
      'exec "$2" "$1/owner.mjs" "$3" "$4"',
    ].join('\n');
    const args = ['--mount', 'bash', '-ec', script, 'x', folder, process.execPath, homeDir, scratchDir];
    const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({ overlay: false, written: [], submounts: 2 });
  });
});
