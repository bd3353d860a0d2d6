/** What one change of a machine holds while it takes the next thing, and that a step which fails ends an attempt. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BASE } from '../../../src/openclaw/script-table.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'locks-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Runs BODY with the base of every script; it prints to its own stdout. */
function bash(body: string, path = process.env.PATH ?? ''): string {
  const script = [...BASE, `mcp_dir=${dir}; set -euo pipefail; exec 3>/dev/null; outcome=''`, body].join(
    '\n',
  );
  return execFileSync('/bin/bash', ['-c', script], {
    encoding: 'utf8',
    env: { PATH: path, HOME: dir },
  }).trim();
}

it('a second lock drops no first, one taken twice ends with its last unlock', () => {
  const order = `
lock change 1; lock gateway 1; lock gateway 1
bash_other() { /bin/bash -c "flock -n 4 || exit 1" 4>"$mcp_dir/$1.lock" && printf "free " || printf "held "; }
bash_other change; bash_other gateway
unlock gateway; bash_other gateway; unlock gateway; bash_other gateway; bash_other change
unlock change; bash_other change`;
  expect(bash(order)).toBe('held held held free held free');
});

it('does so without flock too, where a lock is a link', () => {
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  for (const folder of ['/usr/bin', '/bin'])
    for (const name of readdirSync(folder).filter((each) =>
      /^(?:mkdir|dirname|ln|readlink|rm|sleep|ps|tr|ls)$/.test(each),
    ))
      try {
        symlinkSync(join(folder, name), join(bin, name));
      } catch {
        // There from the other folder.
      }
  chmodSync(bin, 0o755);
  const order = `
there() { if [ -L "$mcp_dir/$1.lock" ]; then printf "held "; else printf "free "; fi; }
lock change 1; lock gateway 1; lock gateway 1
there change; there gateway
unlock gateway; there gateway; unlock gateway; there gateway; there change
(lock gateway 1); lock gateway 1; there gateway
unlock change; there change`;
  expect(bash(order, bin)).toBe('held held held free held held free');
});

it('an attempt ends at its first failure, wherever it is asked for', () => {
  const order = `step() { false; printf "went on " >&2; touch "${dir}/after"; }
attempt step /dev/null
printf "%s" "$attempted"`;
  expect(bash(order)).toBe('failed');
  expect(readdirSync(dir)).not.toContain('after');
});
