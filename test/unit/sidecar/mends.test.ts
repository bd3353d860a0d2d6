/** What a repair and an undone change must not lose, whenever they are ended. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { explainMachineError } from '../../../src/openclaw/sidecar/machine-errors.ts';
import { mend } from '../../../src/sidecar/repair/mend.ts';
import { mendKeys } from '../../../src/sidecar/state/mend.ts';
import { claimChange } from '../../../src/sidecar/upgrade/change-state.ts';
import { copyTree } from '../../../src/sidecar/upgrade/copy-tree.ts';
import { hasSmallDisks, runOnSmallDisk } from '../../support/small-disk.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mends-'));
  for (const folder of ['.openclaw', '.openclaw-mcp/change'])
    mkdirSync(join(home, folder), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const place = () => ({ home, port: 1 });
const own = (...path: string[]) => join(home, '.openclaw-mcp', ...path);
const settings = () => join(home, '.openclaw/openclaw.json');
const secrets = () => join(home, '.openclaw/secrets.json');

it('settings that a repair has put aside stay when a later repair puts others aside', async () => {
  writeFileSync(own('openclaw.last-good.json'), '{"good":1}');
  const broken = ['{"first', '{"second', '{"second', '{"third'];
  for (const text of broken) {
    writeFileSync(settings(), text);
    const { done } = await mend(place(), { mends: ['config'], provider_keys: {} });
    expect(done).toEqual({ config: 'restored' });
  }
  expect(readFileSync(settings(), 'utf8')).toBe('{"good":1}');
  const kept = readdirSync(own()).filter((name) => name.startsWith('openclaw.broken'));
  expect(kept.map((name) => readFileSync(own(name), 'utf8')).sort()).toEqual([
    '{"first',
    '{"second',
    '{"third',
  ]);
  expect(readFileSync(own('openclaw.broken.json'), 'utf8')).toBe('{"third');
});

it('secrets that nobody can read stay where they are until new ones are there', () => {
  writeFileSync(secrets(), 'no JSON at all');
  // Nothing can be written to where the new ones are drafted.
  mkdirSync(`${secrets()}.new.${process.pid}`);
  expect(() => mendKeys(place(), { provider_keys: {} })).toThrow();
  expect(readFileSync(secrets(), 'utf8')).toBe('no JSON at all');
  rmSync(`${secrets()}.new.${process.pid}`, { recursive: true });
  const { kept_beside } = mendKeys(place(), { provider_keys: { anthropic: 'sk-new' } });
  expect(readFileSync(own(kept_beside), 'utf8')).toBe('no JSON at all');
  expect(JSON.parse(readFileSync(secrets(), 'utf8'))).toMatchObject({ anthropic: 'sk-new' });
});

it('what is kept of a state that lies behind a link is a copy', async () => {
  mkdirSync(own('elsewhere/inner'), { recursive: true });
  writeFileSync(own('elsewhere/openclaw.json'), 'before');
  symlinkSync('openclaw.json', own('elsewhere/link'));
  symlinkSync(own('elsewhere'), own('state'));
  await copyTree(own('state'), own('kept'));
  writeFileSync(own('elsewhere/openclaw.json'), 'after');
  expect(readFileSync(own('kept/openclaw.json'), 'utf8')).toBe('before');
  expect(readlinkSync(own('kept/link'))).toBe('openclaw.json');
});

it('the way back of an upgrade that was killed before it had tidied up is kept by the change after it', async () => {
  for (const [name, text] of [
    ['job', 'upgrade-1'],
    ['step', 'done'],
    ['from', 'node-24.0.0 app-2026.9.5'],
  ])
    writeFileSync(own('change', name ?? ''), `${text}\n`);
  mkdirSync(own('change/state'));
  writeFileSync(own('change/state/openclaw.json'), 'of the version before');
  await claimChange({
    ...{ id: 'upgrade-2', place: place(), work: own('work'), folder: own('jobs'), addresses: {} },
    stage: () => {},
  });
  expect(readFileSync(own('kept/2026.9.5/openclaw.json'), 'utf8')).toBe('of the version before');
  expect(readFileSync(own('change/job'), 'utf8')).toBe('upgrade-2\n');
  expect(existsSync(own('change/step'))).toBe(false);
});

/** Texts that this does not need. */
const withoutTexts: Plugin = {
  name: 'without-texts',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: 'text' }));
    onLoad({ filter: /.*/, namespace: 'text' }, () => ({ contents: '', loader: 'text' }));
  },
};

it.skipIf(!hasSmallDisks)('a change that has filled the disk is undone', { timeout: 30_000 }, async () => {
  const source = (name: string) =>
    JSON.stringify(new URL(`../../../src/sidecar/upgrade/${name}.ts`, import.meta.url).pathname);
  const disk = own('disk');
  mkdirSync(disk);
  const script = `
    import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
    import { beginChange, undoChange } from ${source('change-state')};
    import { stepOf } from ${source('change-folder')};
    const place = { home: ${JSON.stringify(disk)}, port: 1 };
    for (const folder of ['.openclaw', '.openclaw-mcp/change']) mkdirSync(place.home + '/' + folder, { recursive: true });
    writeFileSync(place.home + '/.openclaw/openclaw.json', 'as it was');
    const stage = () => {};
    await beginChange({ place, stage }, 'copy');
    writeFileSync(place.home + '/.openclaw/openclaw.json', 'changed');
    let said;
    try { for (let i = 0; ; i++) writeFileSync(place.home + '/fill' + i, Buffer.alloc(4096)); } catch (e) { said = e.code; }
    await undoChange(place, stage).catch((error) => { said = String(error); });
    console.log(said, stepOf(place), readFileSync(place.home + '/.openclaw/openclaw.json', 'utf8'));`;
  const where = { folder: disk, size: '2m', programDir: own(), plugins: [withoutTexts] };
  expect(await runOnSmallDisk(script, where)).toBe('ENOSPC undone as it was\n');
});

it('a repair for want of room takes what OpenClaw left behind, and nothing that is in use', async () => {
  const temporary = join(home, '.openclaw/tmp');
  const make = (name: string, hoursAgo: number) => {
    mkdirSync(join(temporary, name, 'node_modules'), { recursive: true });
    utimesSync(join(temporary, name), new Date(), Date.now() / 1000 - hoursAgo * 3_600);
  };
  make('openclaw-plugin-build-old', 48);
  make('openclaw-model-catalog-old', 30);
  make('openclaw-plugin-build-of-this-gateway', 20);
  make('openclaw-plugin-build-of-now', 0);
  make('openclaw-0', 48);
  writeFileSync(own('gateway.pid'), '');
  utimesSync(own('gateway.pid'), new Date(), Date.now() / 1000 - 24 * 3_600);
  await mend(place(), { mends: ['disk'], provider_keys: {} });
  expect(readdirSync(temporary).sort()).toEqual([
    'openclaw-0',
    'openclaw-plugin-build-of-now',
    'openclaw-plugin-build-of-this-gateway',
  ]);
});

it.skipIf(!hasSmallDisks)(
  'a disk without names for files, or one for temporary files that is full, is full',
  { timeout: 30_000 },
  async () => {
    const memory = new URL('../../../src/sidecar/gateway/memory.ts', import.meta.url).pathname;
    const disk = own('disk');
    mkdirSync(disk);
    const told = (size: string, as: 'home' | 'temporary') =>
      runOnSmallDisk(
        `import { diskFreeMib, hasRoom } from ${JSON.stringify(memory)};
        const [disk, home] = ${JSON.stringify([disk, home])};
        if (${as === 'temporary'}) process.env.TMPDIR = disk;
        const place = { home: ${as === 'temporary'} ? home : disk, port: 1 };
        console.log(diskFreeMib(place), hasRoom(place));`,
        { folder: disk, size, programDir: own() },
      );
    expect(await told('100m,nr_inodes=50', 'home')).toBe('0 false\n');
    expect(await told('2m', 'temporary')).toMatch(/^[0-4] false\n$/);
    expect(await told('100m', 'home')).toBe('100 true\n');
  },
);

it('the rest of an answer that is gone has its own sentence', () => {
  expect(explainMachineError('rest_is_gone', '')).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('rest of a long answer'),
  });
});
