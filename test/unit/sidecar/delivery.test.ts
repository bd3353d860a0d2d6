/** The machine's own program is brought to a machine once, whole, and answers in its schema. */
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import unicode from 'json5/lib/unicode.js';
import { afterEach, expect, test } from 'vitest';
import { LETTERS } from '../../../sidecar-bundle.mjs';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import { openclawService } from '../../../src/openclaw/openclaw-service.ts';
import { askSidecar } from '../../../src/openclaw/sidecar/ask-sidecar.ts';
import { PACKED_SIDECAR, SIDECAR_HASH, SIDECAR_TEXT } from '../../../src/openclaw/sidecar/sidecar-bundle.ts';
import { hasSmallDisks, onSmallDisk } from '../../support/small-disk.ts';
import { type HomeMachine, homeMachine } from '../openclaw/home-machine.ts';

const OPTIONS = { timeoutMs: 10_000, rerunnable: true };
let machine: HomeMachine | undefined;
afterEach(() => machine?.remove());

/** A machine with this computer's Node. */
async function withNode(): Promise<HomeMachine> {
  machine = await homeMachine();
  const bin = join(machine.home, '.openclaw-mcp', 'node', 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node'));
  return machine;
}

/** A command after which `left` in the home names what lies in the folder, to which the disk is gone with it. */
const LISTED = ['sh', '-c', '"$@"; code=$?; ls "$0" >"$HOME/left"; exit $code'];

const bundleOn = ({ home }: HomeMachine) => join(home, '.openclaw-mcp', 'sidecar', `${SIDECAR_HASH}.mjs`);

function counted(on: HomeMachine) {
  const counting = {
    commands: 0,
    run: (...args: Parameters<HomeMachine['run']>) => {
      counting.commands += 1;
      return on.run(...args);
    },
  };
  return counting;
}

test('a machine that lacks the program gets it, and a second request brings nothing', {
  timeout: 20_000,
}, async () => {
  const on = await withNode();
  const counting = counted(on);
  expect(await askSidecar(counting, 'm', 'hello', {}, OPTIONS)).toEqual({ node: process.version });
  expect(counting.commands).toBe(2);
  expect(await readFile(bundleOn(on), 'utf8')).toBe(SIDECAR_TEXT);
  expect((await stat(bundleOn(on))).mode & 0o777).toBe(0o600);
  await askSidecar(counting, 'm', 'hello', {}, OPTIONS);
  expect(counting.commands).toBe(3);
});

test('nothing but the program is left behind', async () => {
  const on = await withNode();
  await askSidecar(on, 'm', 'hello', {}, OPTIONS);
  expect(await readdir(join(on.home, '.openclaw-mcp'))).toEqual(
    expect.not.arrayContaining([expect.stringMatching(/^command\./)]),
  );
  expect((await readdir(join(on.home, '.openclaw-mcp', 'sidecar'))).sort()).toEqual(
    [`${SIDECAR_HASH}.mjs`, 'log', 'main.mjs', 'pid', 's'].sort(),
  );
});

test('a program that does not run is told apart from one that failed', async () => {
  const on = await withNode();
  await mkdir(join(on.home, '.openclaw-mcp', 'sidecar'), { recursive: true });
  await writeFile(bundleOn(on), 'throw new Error("no such thing")');
  await chmod(bundleOn(on), 0o600);
  await expect(askSidecar(on, 'm', 'hello', {}, OPTIONS)).rejects.toMatchObject({
    code: 'command_failed',
    details: { script_error: 'sidecar_failed' },
    foreign: expect.stringContaining('no such thing'),
  });
});

test('a machine without Node says so, and is not asked for a program again before it has one', async () => {
  machine = await homeMachine();
  const counting = counted(machine);
  for (const commands of [2, 3]) {
    await expect(askSidecar(counting, 'm', 'hello', {}, OPTIONS)).rejects.toMatchObject({
      details: { script_error: 'not_installed' },
    });
    expect(counting.commands).toBe(commands);
  }
});

test.skipIf(!hasSmallDisks)(
  'a disk that has no room for the program is named, and keeps no half of one',
  async () => {
    const on = await withNode();
    const folder = join(on.home, '.openclaw-mcp', 'sidecar');
    await mkdir(folder, { mode: 0o700 });
    const run: HomeMachine['run'] = (id, command) =>
      on.run(id, {
        ...command,
        command: onSmallDisk(folder, '64k', [...LISTED, folder, ...command.command]),
      });
    await expect(askSidecar({ run }, 'm', 'hello', {}, OPTIONS)).rejects.toMatchObject({
      details: { script_error: 'disk_full' },
    });
    expect(await readFile(join(on.home, 'left'), 'utf8')).toBe('');
  },
);

test.skipIf(!hasSmallDisks)(
  'a disk that has no room at all is named by whatever is begun on it',
  async () => {
    machine = await homeMachine();
    const { home, run: runs } = machine;
    const folder = join(home, '.openclaw-mcp');
    await mkdir(folder, { mode: 0o700 });
    const run: HomeMachine['run'] = (id, command) =>
      runs(id, { ...command, command: onSmallDisk(folder, '4k', command.command) });
    const openclaw = openclawService({ machines: { run }, npmRegistry: 'http://127.0.0.1:9' });
    const plan = await openclaw.resolve('m', undefined);
    const providers = providerKeys({ ANTHROPIC_API_KEY: 'sk-ant-of-this-person' });
    const settings = { name: 'mine', model: undefined, providers };
    await expect(openclaw.startDeploy('m', 'op-1', plan, settings)).rejects.toMatchObject({
      details: { script_error: 'disk_full' },
    });
    expect((await readdir(home)).sort()).toEqual(['.openclaw-mcp']);
  },
);

test("bare keys may have every letter that OpenClaw's own reader knows", () => {
  const [start, part] = [new RegExp(LETTERS.start, 'u'), new RegExp(LETTERS.part, 'u')];
  const refused = Array.from({ length: 0x11_0000 }, (_, code) => String.fromCodePoint(code)).filter(
    (letter) =>
      (unicode.ID_Start.test(letter) && !start.test(letter)) ||
      (unicode.ID_Continue.test(letter) && !part.test(letter)),
  );
  expect(refused).toEqual([]);
});

test('the program fits into one environment variable', () => {
  expect(SIDECAR_TEXT.length).toBeLessThan(250_000);
  expect(PACKED_SIDECAR.length).toBeLessThanOrEqual(96 * 1024);
});
