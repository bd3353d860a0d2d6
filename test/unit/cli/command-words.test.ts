/** Words behind a command: what a tool is called with, for words that people type without flags. */
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { CommandIo } from '../../../src/cli/commands/io.ts';
import { withLocalFile } from '../../../src/cli/commands/local-file.ts';
import { EXIT, isFailed, showAnswer } from '../../../src/cli/commands/show.ts';
import { toolCommands } from '../../../src/cli/commands/table.ts';
import { type OwnCommands, runProgram } from '../../../src/cli/program.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import type { Tool } from '../../../src/mcp/define-tool.ts';
import type { Services } from '../../../src/tools/services.ts';

const never = async () => 1;
const own: OwnCommands = { login: never, install: never, doctor: never, demo: never, localServe: never };

/** The flags of the server, and the arguments of the tool, that these words come to. */
async function meantBy(words: readonly string[]): Promise<{ flags: object; args: unknown }> {
  let meant: { flags: object; args: unknown } | undefined;
  const seen = (flags: object) => ({
    tools: toolCommands.map(
      ({ tool }): Tool<Services> => ({
        ...tool,
        call: async (args) => {
          meant = { flags, args };
          throw new AppError('cancelled', 'seen');
        },
      }),
    ),
    services: {},
    redact: (text: string) => text,
    log: { info: () => {}, warn: () => {} },
    close: () => {},
  });
  const io: CommandIo = {
    ...{ stdin: new PassThrough().end(), stdout: new PassThrough(), stderr: new PassThrough() },
    ...{ clock: systemClock, folder: () => '/where/i/am', program: 'p' },
    server: (flags) => Object(seen(flags)),
    interruptible: () => ({ signal: new AbortController().signal, done: () => {} }),
    carryOn: () => {},
  };
  await runProgram(words, io, own);
  if (meant === undefined) throw new Error(`nothing was called: ${words.join(' ')}`);
  return meant;
}

const HERE = { local: false, readOnly: false, tools: undefined };

it.each([
  ['run cron list', { args: ['cron', 'list'] }],
  ['run cron list --json', { args: ['cron', 'list', '--json'] }],
  ['run cron add --machine x -- y', { args: ['cron', 'add', '--machine', 'x', '--', 'y'] }],
  ['run skills --help', { args: ['skills', '--help'] }],
  ['run --json models list --local', { args: ['models', 'list', '--local'] }],
  ['files', {}],
  ['files list out', { action: 'list', path: 'out' }],
  ['files read notes.md --offset 5', { action: 'read', path: 'notes.md', offset: 5 }],
  ['files save report.pdf', { action: 'save', path: 'report.pdf', local_path: '/where/i/am/report.pdf' }],
  ['files save out/a.pdf', { action: 'save', path: 'out/a.pdf', local_path: '/where/i/am/a.pdf' }],
  ['files save a.pdf in/b.pdf', { action: 'save', path: 'a.pdf', local_path: '/where/i/am/in/b.pdf' }],
  ['files save a.pdf /x/b.pdf', { action: 'save', path: 'a.pdf', local_path: '/x/b.pdf' }],
  ['files send b.pdf', { action: 'send', local_path: 'b.pdf' }],
  ['files send ./b.pdf in/c.pdf', { action: 'send', local_path: '/where/i/am/b.pdf', path: 'in/c.pdf' }],
  ['files write a.md --text hi --replace', { action: 'write', path: 'a.md', text: 'hi', replace: true }],
  ['chat hi', { message: 'hi' }],
])('%s', async (line, args) => {
  const waits = line.startsWith('files') || line.startsWith('chat') ? { wait_seconds: 0 } : {};
  expect(await meantBy(line.split(' '))).toEqual({ args: { ...args, ...waits }, flags: expect.any(Object) });
});

it.each([
  ['--local files', { ...HERE, local: true }],
  ['files --local', { ...HERE, local: true }],
  ['files --read-only --tools files', { ...HERE, readOnly: true, tools: 'files' }],
  ['run --local cron list', { ...HERE, local: true }],
  ['run cron list --local', HERE],
])('%s is for these machines', async (line, flags) => {
  expect((await meantBy(line.split(' '))).flags).toMatchObject(flags);
});

it('a file that is in this folder is meant before one of the same name in the folder for sending', () => {
  const file = 'package.json';
  expect(existsSync(file)).toBe(true);
  const args = { action: 'send', local_path: file };
  expect(withLocalFile({ localFile: 'local_path' }, args, () => process.cwd())).toEqual({
    ...args,
    local_path: `${process.cwd()}/${file}`,
  });
});

it.each([
  [{ exit_code: 0, json: [{ id: 1 }], stderr: 'odd\n' }, '[\n  {\n    "id": 1\n  }\n]\n', EXIT.done],
  [{ exit_code: 3, stdout: 'half', stderr: '' }, 'half\n', EXIT.failed],
  [{ stdout: '' }, '', EXIT.failed],
])('what a command of OpenClaw printed goes to the streams that it wrote to: %j', (data, out, code) => {
  const command = toolCommands.find(({ name }) => name === 'run');
  if (command === undefined) throw new Error('there is no run');
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdout, stderr, program: 'p' };
  const shown = { redact: (text: string) => text, log: { info: () => {}, warn: () => {} } };
  const answer = { outcome: { summary: 'It ended.', data }, told: data };
  showAnswer(Object(io), shown, command, answer);
  expect(String(stdout.read() ?? '')).toBe(out);
  expect(String(stderr.read())).toBe(`${'stderr' in data ? data.stderr : ''}It ended.\n`);
  expect(isFailed(command, data)).toBe(code === EXIT.failed);
});
