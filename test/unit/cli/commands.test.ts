/** The command line without machines: flags to arguments, exit codes, and what goes to which stream. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandIo } from '../../../src/cli/commands/io.ts';
import { inCommandWords } from '../../../src/cli/commands/words.ts';
import { type OwnCommands, runProgram } from '../../../src/cli/program.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { type Connection, type Lab, startLab } from '../../support/lab.ts';
import { noRuntime } from '../../support/no-runtime.ts';

const SPEC = { vcpu: 2, memoryMib: 4096, storageGib: 10, autosleep: 'never' };

let lab: Lab;
beforeEach(async () => {
  lab = await startLab({ runtime: noRuntime });
});
afterEach(() => lab.close());

const own: OwnCommands = {
  login: async () => 11,
  install: async (client, { local, dryRun }) => (client === 'codex' && local && dryRun ? 12 : 1),
  doctor: async ({ local, json }) => (local && json ? 13 : 1),
  demo: async () => 14,
  localServe: async ({ port, stateDir }) => (port === '0' && stateDir === '/x' ? 15 : 1),
};

interface Ran {
  code: number;
  out: string;
  err: string;
  carriedOn: string[];
}

interface Setting {
  stdin?: string | Buffer;
  how?: Connection;
  env?: Record<string, string>;
  /** Somebody with a terminal, who types this. */
  types?: string;
  /** Ctrl-C as soon as there is progress. */
  interrupts?: boolean;
}

/** Runs the program with a server on the lab's API. */
async function cli(
  words: readonly string[],
  { stdin = '', how = {}, env = {}, types, interrupts = false }: Setting = {},
): Promise<Ran> {
  const { assembled } = await lab.connect(env, how);
  const [out, err, input] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const carriedOn: string[] = [];
  const ending = new AbortController();
  if (interrupts) err.once('readable', () => ending.abort());
  const tty = types === undefined ? {} : { isTTY: true };
  input.end(types ?? stdin);
  const io: CommandIo = {
    stdin: Object.assign(input, tty),
    stdout: out,
    stderr: Object.assign(err, tty),
    clock: systemClock,
    folder: () => '/nowhere',
    program: 'openclaw-dedalus-mcp',
    server: () => assembled,
    interruptible: () => ({ signal: ending.signal, done: () => {} }),
    carryOn: (id) => void carriedOn.push(id),
  };
  const code = await runProgram(words, io, own);
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, out: text(out), err: text(err), carriedOn };
}

async function machine(): Promise<string> {
  const { assembled } = await lab.connect();
  const { machineId } = await assembled.services.machines.create(SPEC, 'a');
  await assembled.services.machines.waitUntilRunning(machineId);
  return machineId;
}

describe('what is not about machines', () => {
  it.each([
    [['login', 'OPENAI_API_KEY'], 11],
    [['install', 'codex', '--local', '--dry-run'], 12],
    [['--local', 'doctor', '--json'], 13],
    [['demo'], 14],
    [['local', 'serve', '--port', '0', '--state-dir', '/x'], 15],
  ])('%j goes where it belongs', async (words, code) => {
    expect((await cli(words)).code).toBe(code);
  });

  it('helps on stdout, with 0', async () => {
    const { code, out } = await cli(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('Exit codes: 0 done');
    expect((await cli(['configure', '--help'])).out).toContain('--provider-keys <value>');
  });
});

describe('a wrong command', () => {
  it.each([
    [['no-such-command']],
    [['chat', 'two', 'words']],
    [['chat', '--sesion', 'x', 'hi']],
    [['logs', '--lines', 'many']],
    [['logs', '--lines', '0']],
    [['logs', '--level', 'loud']],
    [['cancel']],
    [['run']],
    [['run', '--unknown', 'cron', 'list']],
    [['files', 'fetch', 'a.pdf']],
    [['files', 'list', 'out', 'more']],
    [['files', 'save', 'a.pdf', 'b.pdf', 'c.pdf']],
    [['operation', 'no id']],
    [['configure', '--set', 'no-value']],
    [['destroy', '--yes']],
    [['install', 'no-such-client']],
  ])('%j is refused with 2, on stderr alone, and nothing happens', async (words) => {
    const before = lab.model.requests.length;
    const { code, out, err } = await cli(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).not.toBe('');
    expect(lab.model.requests).toHaveLength(before);
  });

  it.each([
    ['nothing', ''],
    ['blanks', ' \n\n'],
    ['bytes that are no text', Buffer.from([0xff, 0xfe])],
  ])('a pipe that brings %s sends no message', async (_what, stdin) => {
    await expect(cli(['chat'], { stdin })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('what the owner has left out of the server is no command either', async () => {
    const { code, err } = await cli(['deploy'], { how: { readOnly: true } });
    expect(code).toBe(2);
    expect(err).toContain('leaves `deploy` out');
  });
});

describe('results', () => {
  it('are told in words on stdout, and exactly as they are with --json', async () => {
    const id = await machine();
    const words = await cli(['machines']);
    expect(words).toMatchObject({ code: 0, err: '' });
    expect(words.out).toContain(`${id}  unnamed  running`);
    const { out } = await cli(['machines', '--json']);
    const { data } = await (await lab.connect()).call('list_machines');
    expect(JSON.parse(out)).toEqual(data);
  });

  it('wait for the end, with a line for each stage where there is no terminal', async () => {
    const id = await machine();
    const { code, out, err, carriedOn } = await cli(['sleep', '--machine', id]);
    expect(code, err).toBe(0);
    expect(out).toMatch(/is done .*: phase sleeping/);
    expect(err).toMatch(/^ +[\d.]+ s {2}sleep · /);
    expect(carriedOn).toEqual([]);
  });

  it('with --no-wait leave the rest to the background, and name the command that waits', async () => {
    const id = await machine();
    const { code, out, carriedOn } = await cli(['sleep', '--machine', id, '--no-wait']);
    expect(code).toBe(0);
    expect(carriedOn).toEqual([expect.stringMatching(/^sleep_/)]);
    expect(out).toContain(`Run \`openclaw-dedalus-mcp operation ${carriedOn[0]}\``);
  });

  it('that are not waited for come later: Ctrl-C ends the wait alone, and names the command that goes on', async () => {
    await lab.close();
    lab = await startLab({ runtime: noRuntime, settings: { delays: { stopping: 3_000 } } });
    const id = await machine();
    const { code, out, err, carriedOn } = await cli(['sleep', '--machine', id], { interrupts: true });
    expect({ code, out }).toEqual({ code: 130, out: '' });
    expect(carriedOn).toEqual([expect.stringMatching(/^sleep_/)]);
    expect(err).toContain(`openclaw-dedalus-mcp operation ${carriedOn[0]}`);
    expect((await cli(['operation', carriedOn[0] ?? ''])).out).toContain('phase sleeping');
  });

  it('of failures go to stderr, with 1 and the next command', async () => {
    const { code, out, err } = await cli(['logs', '--machine', 'no-such-machine']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/\nNext: /);
    expect(err).not.toMatch(/list_machines|machine_id/);
  });

  it('carry no secret and no escape sequence', async () => {
    const { out, err } = await cli(['status', '--machine', await machine()]);
    for (const never of ['\u001b', 'sk-ant-lab']) expect(out + err).not.toContain(never);
  });
});

describe('destroy', () => {
  it('shows what would be lost and goes no further, where nobody can be asked', async () => {
    const id = await machine();
    const { code, out } = await cli(['destroy', '--machine', id]);
    expect(code).toBe(3);
    expect(out).toContain('Nothing was destroyed yet');
    const [, token = ''] = /--confirmation ([^\s`]+)/.exec(out) ?? [];
    expect((await cli(['machines'])).out).toContain(id);
    expect((await cli(['destroy', '--machine', id, '--confirmation', token])).code).toBe(0);
    expect((await cli(['machines'])).out).toContain('There are no machines');
  });

  it.each([
    ['y', 0, 0],
    ['yes', 0, 0],
    ['n', 3, 1],
    ['', 3, 1],
    ['yes please', 3, 1],
  ])('asks a person: %j ends with %i', async (types, code, left) => {
    await machine();
    const ran = await cli(['destroy'], { types: `${types}\n` });
    expect(ran.code, ran.err).toBe(code);
    expect(ran.err).toContain('This would be lost for good');
    expect(JSON.parse((await cli(['machines', '--json'])).out).total).toBe(left);
  });

  it('asks nobody with --yes', async () => {
    expect((await cli(['destroy', '--machine', await machine(), '--yes'])).code).toBe(0);
  });
});

it.each([
  ['Call get_operation with operation_id "turn_1"; wait.', 'Run `p operation turn_1`; wait.'],
  ['Call chat with machine_id "m".', 'Run `p chat --machine m`.'],
  [
    'call destroy_machine with machine_id "m" and confirmation "c" now',
    'run `p destroy --machine m --confirmation c` now',
  ],
  [
    'chat or wake_machine wakes it; machine_id may be left out',
    'chat or `wake` wakes it; --machine may be left out',
  ],
  ['a_word of nobody', 'a_word of nobody'],
  ['Call deploy_openclaw first.', 'Run `p deploy` first.'],
  ['Call files with action "save" and the path of a file.', 'Run `p files save` and the path of a file.'],
  [
    'Call destroy_machine again; its fields are machine_id, confirmation.',
    'Run `p destroy --help` to see its flags.',
  ],
  ["Set A or B in this server's environment and restart it.", "Set A or B in this shell's environment."],
  ['Next: Call chat or wake_machine.', 'Next: Run `p chat` or `wake`.'],
])('%j reads %j in a terminal', (text, words) => {
  expect(inCommandWords(text, 'p')).toBe(words);
});
