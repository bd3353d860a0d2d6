/** `install` puts the server into a client's settings and leaves everything else as it was. */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import json5 from 'json5';
import { parse as parseJsonc } from 'jsonc-parser';
import { parse as parseToml, stringify as stringifyToml } from 'smol-toml';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CLIENTS, findClient } from '../../../src/cli/install/clients.ts';
import type { Place } from '../../../src/cli/install/entry.ts';
import { type InstallFlags, install } from '../../../src/cli/install/install.ts';
import { systemClock } from '../../../src/core/clock.ts';

const SECRETS = { DEDALUS_API_KEY: 'dk-secret-one', OPENAI_API_KEY: 'sk-secret-two' };
const NPX = {
  node: '/usr/bin/node',
  bin: '/x/_npx/1/node_modules/openclaw-dedalus-mcp/dist/openclaw-dedalus-mcp.js',
};

let home = '';
let printed = '';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'install-'));
  printed = '';
});
afterEach(() => rm(home, { recursive: true, force: true }));

function place(env: Place['env'] = SECRETS): Place {
  return { platform: 'linux', env, home };
}

async function run(flags: InstallFlags, program = NPX, where = place()): Promise<void> {
  const print = (text: string) => {
    printed += text;
  };
  expect(await install(flags, { place: where, program, clock: systemClock, print })).toBe(0);
}

function fileOf(client: string): string {
  return findClient(client)?.file(place()) ?? '';
}

async function given(client: string, text: string): Promise<string> {
  const file = fileOf(client);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

function parsed(file: string, text: string): Record<string, unknown> {
  return file.endsWith('.toml') ? parseToml(text) : parseJsonc(text);
}

describe.each(CLIENTS.map(({ id }) => id))('%s', (client) => {
  test('gets an entry in a new file that holds names of keys and no key, and a second run changes nothing', async () => {
    await run({ client });
    const text = await readFile(fileOf(client), 'utf8');
    expect(JSON.stringify(parsed(fileOf(client), text))).toContain(
      '"command":"npx","args":["-y","openclaw-dedalus-mcp"]',
    );
    expect(text).toContain('OPENAI_API_KEY');
    expect(text).not.toContain('secret');
    expect((await stat(fileOf(client))).mode & 0o777).toBe(0o600);

    await run({ client });
    expect(printed).toContain('is up to date');
    expect(await readFile(fileOf(client), 'utf8')).toBe(text);
    expect(await readdir(dirname(fileOf(client)))).toHaveLength(1);
  });

  test('shows the same entry in a dry run, and writes nothing', async () => {
    await run({ client, dryRun: true });
    await expect(stat(fileOf(client))).rejects.toThrow('ENOENT');
    const shown = parsed(fileOf(client), printed.slice(printed.indexOf('\n\n')));
    await run({ client });
    expect(parsed(fileOf(client), await readFile(fileOf(client), 'utf8'))).toEqual(shown);
  });

  test('is left alone when its file is damaged', async () => {
    const file = await given(client, '{ "mcpServers": [broken');
    await expect(run({ client })).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(file, 'utf8')).toBe('{ "mcpServers": [broken');
  });
});

test('comments, order, indentation and other servers of a JSON file stay, and a copy of it as it was', async () => {
  const before =
    '// mine\n{\n\t"z": 1, // last\n\t"mcpServers": {\n\t\t"other": {\n\t\t\t"command": "x" // why\n\t\t}\n\t},\n\t"a": 2\n}\n';
  const file = await given('cursor', before);
  await run({ client: 'cursor' });
  const after = await readFile(file, 'utf8');
  for (const kept of [
    '// mine\n{\n\t"z": 1, // last\n',
    '\t\t"other": {\n\t\t\t"command": "x" // why\n',
    '\t"a": 2\n}\n',
  ])
    expect(after).toContain(kept);
  expect(after).toContain('\n\t\t"openclaw-dedalus": {\n\t\t\t"command"');
  const copy = (await readdir(dirname(file))).find((name) => name.includes('backup')) ?? '';
  expect(await readFile(join(dirname(file), copy), 'utf8')).toBe(before);
  expect(printed).toContain(copy);
});

test('what the user wrote into an earlier entry stays: keys, and fields of the client', async () => {
  const entry = {
    command: '/old/bin/node',
    args: [],
    env: { DEDALUS_API_KEY: 'typed in', MORE: '1' },
    disabled: true,
  };
  const file = await given('claude-desktop', JSON.stringify({ mcpServers: { 'openclaw-dedalus': entry } }));
  await run({ client: 'claude-desktop' });
  expect(parseJsonc(await readFile(file, 'utf8')).mcpServers['openclaw-dedalus']).toEqual({
    command: 'npx',
    args: ['-y', 'openclaw-dedalus-mcp'],
    env: { DEDALUS_API_KEY: 'typed in', OPENAI_API_KEY: '', MORE: '1' },
    disabled: true,
  });
});

test('VS Code asks for each key once, beside what it asks for already', async () => {
  const file = await given(
    'vscode',
    '{ "inputs": [{ "id": "openai-api-key", "type": "promptString" }, { "id": "x" }] }',
  );
  await run({ client: 'vscode' });
  const { inputs } = parseJsonc(await readFile(file, 'utf8'));
  expect(inputs.map((input: { id: string }) => input.id)).toEqual(['openai-api-key', 'x', 'dedalus-api-key']);
});

test('in TOML only the own section changes; comments and sections around it stay', async () => {
  const before = [
    '# mine',
    'model = "o" # best',
    '',
    '[mcp_servers.openclaw-dedalus]',
    'command = "/old/bin/npx"',
    'env_vars = ["MORE"]',
    'required = true',
    '[mcp_servers.openclaw-dedalus.env]',
    'A = "1"',
    '',
    '# the other one',
    '[mcp_servers.other]',
    'command = "x"',
    '',
  ].join('\n');
  const file = await given('codex', before);
  await run({ client: 'codex' });
  const after = await readFile(file, 'utf8');
  for (const kept of ['# mine\nmodel = "o" # best\n', '[mcp_servers.other]\ncommand = "x"\n'])
    expect(after).toContain(kept);
  expect(parseToml(after).mcp_servers).toEqual({
    other: { command: 'x' },
    'openclaw-dedalus': {
      command: 'npx',
      args: ['-y', 'openclaw-dedalus-mcp'],
      env_vars: ['MORE', 'DEDALUS_API_KEY', 'OPENAI_API_KEY'],
      startup_timeout_sec: 30,
      tool_timeout_sec: 300,
      required: true,
      env: { A: '1' },
    },
  });
});

test.each([
  ['an inline table', 'mcp_servers = { other = { command = "x" } }\n'],
  ['a header inside of a text', 'note = """\n[mcp_servers.openclaw-dedalus]\nkept\n"""\n'],
])('a TOML file with %s is refused rather than damaged', async (_what, text) => {
  const file = await given('codex', text);
  await expect(run({ client: 'codex' })).rejects.toMatchObject({ code: 'conflict' });
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('a clone is started from where it lies, Windows starts npx through cmd, and --local wants no Dedalus key', async () => {
  await run({ client: 'claude-code' }, { node: '/opt/node', bin: '/src/clone/dist/openclaw-dedalus-mcp.js' });
  expect(await readFile(fileOf('claude-code'), 'utf8')).toContain(
    '"/src/clone/dist/openclaw-dedalus-mcp.js"',
  );

  const config = join(home, 'project.json');
  const windows = { ...place({}), platform: 'win32' } as const;
  await run({ client: 'cursor', config, local: true }, NPX, windows);
  expect(parseJsonc(await readFile(config, 'utf8')).mcpServers['openclaw-dedalus']).toEqual({
    command: 'cmd',
    args: ['/c', 'npx', '-y', 'openclaw-dedalus-mcp', '--local'],
    // No provider key is set here, so the first provider's is named for the user to set.
    env: { ANTHROPIC_API_KEY: `\${env:ANTHROPIC_API_KEY}` },
  });
});

test.each([
  [
    'claude-code',
    '{"mcpServers":{"openclaw-dedalus":{"command":"npx","args":["-y","openclaw-dedalus-mcp","--read-only","--tools","chat,read_logs"],"timeout":5,"env":{"OPENCLAW_MCP_MACHINE_ID":"m"}}}}',
  ],
  [
    'codex',
    '[mcp_servers.openclaw-dedalus]\ncommand = "npx"\nargs = ["-y", "openclaw-dedalus-mcp", "--read-only", "--tools", "chat,read_logs"]\ntool_timeout_sec = 9\nenabled_tools = ["chat"]\n',
  ],
  [
    'openclaw',
    '{mcp:{servers:{"openclaw-dedalus":{command:"npx",args:["-y","openclaw-dedalus-mcp","--read-only","--tools","chat,read_logs"]}}}}',
  ],
])('%s: the limits of an earlier entry stay when it is written again', async (client, before) => {
  const file = await given(client, before);
  await run({ client }).catch((error: unknown) => expect(error).toMatchObject({ code: 'conflict' }));
  const after = await readFile(file, 'utf8');
  expect(after).toMatch(/--read-only/);
  expect(after).toMatch(/chat,read_logs/);
  if (client === 'claude-code') expect(after).toContain('"OPENCLAW_MCP_MACHINE_ID"');
  if (client === 'codex')
    expect(parseToml(after).mcp_servers).toMatchObject({
      'openclaw-dedalus': { tool_timeout_sec: 9, enabled_tools: ['chat'] },
    });
});

test.each([
  ['cursor', 'docker', ['run', '--rm', '-i', 'openclaw-dedalus-mcp']],
  ['codex', '/home/me/bin/with-keys.sh', ['npx', '-y', 'openclaw-dedalus-mcp', '--read-only']],
  ['openclaw', 'op', ['run', '--', 'npx', '-y', 'openclaw-dedalus-mcp']],
])('%s: a start that a person wrote (%s) stays, and that is said', async (client, command, args) => {
  const entry = { 'openclaw-dedalus': { command, args } };
  const paths: Record<string, string> = {
    cursor: JSON.stringify({ mcpServers: entry }),
    openclaw: JSON.stringify({ mcp: { servers: entry } }),
    codex: stringifyToml({ mcp_servers: entry }),
  };
  const file = await given(client, paths[client] ?? '');
  await run({ client, local: true });
  const after = await readFile(file, 'utf8');
  const read = client === 'codex' ? parseToml(after) : JSON.parse(after);
  const servers = read.mcp_servers ?? read.mcpServers ?? read.mcp.servers;
  expect(servers['openclaw-dedalus']).toMatchObject({ command, args });
  expect(printed).toContain('a way of your own');
});

test('a pinned version and --local stay as well', async () => {
  const args = ['-y', 'openclaw-dedalus-mcp@0.1.0', '--local', '--read-only'];
  const entry = { mcpServers: { 'openclaw-dedalus': { command: 'npx', args } } };
  const file = await given('cursor', JSON.stringify(entry));
  await run({ client: 'cursor', local: true });
  expect(parseJsonc(await readFile(file, 'utf8')).mcpServers['openclaw-dedalus'].args).toEqual(args);
});

test.each(CLIENTS.map(({ id }) => id))('%s: a byte order mark is no fault, and stays', async (client) => {
  const text = client === 'codex' ? 'model = "o"\n' : '{ "a": 1 }\n';
  const file = await given(client, `\uFEFF${text}`);
  await run({ client });
  const after = await readFile(file, 'utf8');
  expect(after.startsWith('\uFEFF')).toBe(true);
  expect(after).toContain('openclaw-dedalus');
});

test('JSON5 of OpenClaw keeps its comments, and gets the entry in front', async () => {
  const before = "// mine\n{\n  gateway: { port: 18789, }, // why\n  note: 'x',\n}\n";
  const file = await given('openclaw', before);
  await run({ client: 'openclaw' });
  const after = await readFile(file, 'utf8');
  expect(after).toContain("  gateway: { port: 18789, }, // why\n  note: 'x',\n}\n");
  expect(json5.parse(after)).toMatchObject({
    gateway: { port: 18789 },
    note: 'x',
    mcp: { servers: { 'openclaw-dedalus': { command: 'npx' } } },
  });
  await run({ client: 'openclaw' });
  expect(printed).toContain('is up to date');
});

test.each([
  ['a section that is there twice', 'cursor', '{"mcpServers":{"a":{}},"mcpServers":{"b":{}}}'],
  ['JSON5 with servers of its own', 'openclaw', '{mcp: {servers: {a: {command: "x"}}}}'],
])('%s is refused with the entry to put in by hand, and left alone', async (_what, client, text) => {
  const file = await given(client, text);
  await expect(run({ client })).rejects.toMatchObject({
    code: 'conflict',
    next: expect.stringContaining('openclaw-dedalus'),
  });
  expect(await readFile(file, 'utf8')).toBe(text);
  expect(await readdir(dirname(file))).toHaveLength(1);
});

test('a comment above the section behind ours stays', async () => {
  const ours = '[mcp_servers.openclaw-dedalus]\ncommand = "/old/bin/npx"\n';
  const file = await given('codex', `${ours}\n# keep me\n[mcp_servers.other]\ncommand = "x"\n`);
  await run({ client: 'codex' });
  expect(await readFile(file, 'utf8')).toContain('# keep me\n[mcp_servers.other]');
});

test('an unknown client is answered with those that there are', async () => {
  await expect(run({ client: 'emacs' })).rejects.toThrow(
    /claude-code, claude-desktop, cursor, vscode, codex, gemini, openclaw/,
  );
});
