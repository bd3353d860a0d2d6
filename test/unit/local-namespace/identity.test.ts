/** Who a machine of root is on the computer, and when there is nobody whom it could be. */
import { chmodSync, copyFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertUnchangeable, machineIdentity } from '../../../src/local/namespace/identity.ts';
import { temporaryFolder } from './fixture.ts';

const ROOT = { uid: 0, gid: 0 };
const both = (map: string) => ({ uid: map, gid: map });

describe('the user that a machine runs as', () => {
  it('is the ordinary user who started it', () => {
    expect(machineIdentity({ uid: 1000, gid: 100 }, both('0 0 4294967295'))).toEqual({ uid: 1000, gid: 100 });
  });

  it.each([
    ['a computer', '         0          0 4294967295\n', 65_533],
    ['a container with 65536 ids', '0 100000 65536', 65_533],
    ['a rootless container', '0 1000 1\n1 100000 65536', 65_533],
    ['a small container', '0 1000 1\n1 100000 999', 999],
  ])('is another than root in %s', (_, map, id) => {
    expect(machineIdentity(ROOT, both(map))).toEqual({ uid: id, gid: id });
  });

  it('is nobody where root is the only user: then there are no isolated machines', () => {
    expect(() => machineIdentity(ROOT, both('0 1000 1'))).toThrow(
      expect.objectContaining({ code: 'unsupported', next: expect.stringContaining('ordinary user') }),
    );
  });

  it('may not be able to change what it meets of the computer', () => {
    const program = path.join(temporaryFolder(), 'nsenter');
    copyFileSync('/bin/sh', program);
    chmodSync(program, 0o755);
    const other = { uid: 54_321, gid: 54_321 };
    expect(() => assertUnchangeable([program], other)).not.toThrow();
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    expect(() => assertUnchangeable([program], own)).toThrow(/nsenter could be overwritten/);
    chmodSync(program, 0o757);
    expect(() => assertUnchangeable([program], other)).toThrow(/nsenter could be overwritten/);
  });
});
