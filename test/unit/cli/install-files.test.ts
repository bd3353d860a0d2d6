/** `install` meets files as people have them: other encodings, broken ones, and what their own client does not read. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findClient } from '../../../src/cli/install/clients.ts';
import type { Place } from '../../../src/cli/install/entry.ts';
import { type InstallFlags, install } from '../../../src/cli/install/install.ts';
import { systemClock } from '../../../src/core/clock.ts';

const PROGRAM = { node: '/usr/bin/node', bin: '/x/node_modules/openclaw-dedalus-mcp/dist/a.js' };
let home = '';
let printed = '';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'install-files-'));
  printed = '';
});
afterEach(() => rm(home, { recursive: true, force: true }));

function place(): Place {
  return { platform: 'linux', env: { DEDALUS_API_KEY: 'dk-one', OPENAI_API_KEY: 'sk-two' }, home };
}

async function run(flags: InstallFlags): Promise<void> {
  const print = (text: string) => {
    printed += text;
  };
  await install(flags, { place: place(), program: PROGRAM, clock: systemClock, print });
}

async function given(client: string, text: string): Promise<string> {
  const file = findClient(client)?.file(place()) ?? '';
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

test.each([
  ['Latin-1', Buffer.from('{ "note": "andr\u00e9" }', 'latin1')],
  ['UTF-16', Buffer.from('\uFEFF{ "note": "x" }', 'utf16le')],
])('a file in %s is refused by name, and not a byte of it changes', async (_encoding, bytes) => {
  const file = await given('claude-desktop', '');
  await writeFile(file, bytes);
  await expect(run({ client: 'claude-desktop' })).rejects.toThrow(`${file} is not in UTF-8`);
  expect(await readFile(file)).toEqual(bytes);
  expect(await readdir(dirname(file))).toHaveLength(1);
});

test.each([
  ['two files in one', 'claude-desktop', '{\n  "a": 1\n}\n{ "mcpServers": {} }\n', 'line 4, column 1'],
  ['a Windows path as it is', 'cursor', '{\n"x": "C:\\Users\\me"}', 'line 2, column 6'],
  ['curly quotes', 'codex', 'model = "o"\nargs = [\u201c-y\u201d]\n', 'line 2, column'],
  ['JSON5 where only OpenClaw reads it', 'claude-desktop', "{ 'a': 1 }", 'line 1, column 3'],
  ['what is not even JSON5', 'openclaw', '{\n  gateway: { port: 1 },\n  broken: }', 'line 3, column 11'],
])('%s: the refusal names the file and the place', async (_what, client, text, place) => {
  const file = await given(client, text);
  const error = await run({ client }).catch((failed: unknown) => failed);
  expect(error).toMatchObject({ message: expect.stringContaining(place) });
  expect(error).toMatchObject({ message: expect.stringContaining(file) });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test.each([
  ['claude-desktop', '\uFEFF{}', 'a byte order mark, and'],
  ['claude-desktop', '{ /* mine */ }', 'comments or trailing commas, and'],
  ['gemini', '\uFEFF{ /* mine */ }', 'a byte order mark, and'],
])('%s is told of what it will not read itself: %j', async (client, text, told) => {
  await given(client, text);
  await run({ client });
  expect(printed).toContain(`the file has ${told}`);
  printed = '';
  await run({ client });
  expect(printed).toContain('is up to date');
  expect(printed).toContain(`the file has ${told}`);
});

test('variables of a Codex entry that say where they come from stay', async () => {
  const remote = { name: 'OPENAI_API_KEY', source: 'remote' };
  const file = await given(
    'codex',
    '[mcp_servers.openclaw-dedalus]\ncommand = "npx"\nenv_vars = ["MORE", { name = "OPENAI_API_KEY", source = "remote" }]\n',
  );
  await run({ client: 'codex' });
  expect(parseToml(await readFile(file, 'utf8'))).toMatchObject({
    mcp_servers: { 'openclaw-dedalus': { env_vars: ['MORE', remote, 'DEDALUS_API_KEY'] } },
  });
});
