/** What survives a machine's sleep, and what its server's end: the home, and nothing else. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it, vi } from 'vitest';
import { namespaceRuntime } from '../../../src/local/namespace/index.ts';
import {
  afterwards,
  bash,
  booted,
  bootFolders,
  NO_TRUST,
  processesWith,
  started,
  unavailable,
  why,
} from './fixture.ts';

// Of this run only: the tests of another checkout may run on this computer at the same time.
const NAP = `sleep ${randomInt(1e8, 1e9)}`;

describe.skipIf(unavailable)(`the life of a machine${why}`, () => {
  it('keeps its home over a sleep, and nothing else', async () => {
    const { machine, runtime, boot } = await started();
    await bash(
      machine,
      `setsid ${NAP} >/dev/null 2>&1 & echo kept > ~/kept; echo lost > /tmp/lost; echo lost > /etc/lost`,
    );
    // The command ends before what it began has become a `sleep`.
    await expect.poll(() => processesWith(NAP)).toHaveLength(1);
    await machine.stop();
    expect(processesWith(NAP)).toEqual([]);
    expect(readdirSync(boot.scratchDir)).toEqual([]);

    const woken = await booted(runtime, boot);
    const { out } = await bash(woken, 'cat kept; ls /tmp /etc/lost; ps -e -o args= | grep -c "[s]leep"');
    expect(out.split('\n')).toEqual(['kept', '/tmp:', '0']);
  });

  it('says when it died by itself, but not when it was stopped', async () => {
    const { machine, boot } = await started();
    const died = vi.fn();
    void machine.died.then(died);
    process.kill(initPid(boot.scratchDir), 'SIGKILL');
    await machine.died;
    expect(died).toHaveBeenCalledOnce();

    const other = await started();
    const otherDied = vi.fn();
    void other.machine.died.then(otherDied);
    await other.machine.stop();
    expect(otherDied).not.toHaveBeenCalled();
  });

  it('leaves no process behind when its server is killed', async () => {
    const boot = bootFolders();
    const marker = NAP.slice('sleep '.length);
    const outfile = path.join(boot.scratchDir, '..', 'owner.mjs');
    await build({
      entryPoints: [path.join(import.meta.dirname, 'owner.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      loader: { '.sh': 'text' },
      banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
    });
    const owner = spawn(process.execPath, [outfile, boot.homeDir, boot.scratchDir, marker]);
    afterwards(() => owner.kill('SIGKILL'));
    await once(owner.stdout, 'data');
    expect(processesWith(`sleep ${marker}`).length).toBeGreaterThanOrEqual(2);

    owner.kill('SIGKILL');
    await expect.poll(() => processesWith(marker)).toEqual([]);
  });

  it('ends what an earlier server left, and only that', async () => {
    const left = await started();
    await bash(left.machine, `setsid ${NAP} >/dev/null 2>&1 &`);
    await namespaceRuntime({ trust: NO_TRUST }).cleanUp(left.boot);
    await left.machine.died;
    expect(processesWith(NAP)).toEqual([]);
    expect(readdirSync(left.boot.scratchDir)).toEqual([]);
  });
});

function initPid(scratchDir: string): number {
  const note: unknown = JSON.parse(readFileSync(path.join(scratchDir, 'init.json'), 'utf8'));
  return typeof note === 'object' && note !== null && 'pid' in note ? Number(note.pid) : Number.NaN;
}
