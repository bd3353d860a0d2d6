/** Logs of a gateway, alive or dead: they are files, so no gateway runs here. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { readLogs } from '../../../src/gateway/logs.ts';
import { type HostMachine, hostMachine } from '../../support/host-machine.ts';

let machine: HostMachine;

beforeEach(async () => {
  machine = await hostMachine();
});

afterEach(() => machine.dispose());

const at = (second: number) => `2026-11-20T14:40:0${second}.000+00:00`;

function record(second: number, level: string, text: string, subsystem?: string): string {
  const name = subsystem === undefined ? 'openclaw' : JSON.stringify({ subsystem });
  const path = { fullFilePath: 'file:///app/openclaw/dist/console.js:1:1', method: 'console.log' };
  const _meta = {
    runtime: 'node',
    runtimeVersion: '24.21.0',
    hostname: 'vm',
    logLevelName: level,
    name,
    path,
  };
  const words = subsystem === undefined ? { 0: text } : { 0: name, 1: { cause: 'x' }, 2: text };
  return JSON.stringify({ ...words, _meta, time: at(second), hostname: 'vm', message: text });
}

async function logs(recorded: string[], printed: string[] = []): Promise<void> {
  const folder = join(machine.home, '.openclaw/logs');
  await mkdir(folder, { recursive: true });
  await mkdir(join(machine.home, '.openclaw-mcp'), { recursive: true });
  await writeFile(join(folder, 'openclaw.log'), recorded.map((line) => `${line}\n`).join(''));
  await writeFile(join(folder, 'gateway.out'), printed.map((line) => `${line}\n`).join(''));
}

test('records become time, level, subsystem and words, the newest last', async () => {
  await logs([record(1, 'INFO', 'one'), 'not json', record(2, 'WARN', 'two "x"', 'gateway/ws')]);
  expect(await readLogs(machine, 'm', { lines: 5 })).toEqual({
    truncated: false,
    lines: [
      { at: '2026-11-20T14:40:01.000Z', level: 'info', subsystem: undefined, text: 'one' },
      {
        at: '2026-11-20T14:40:02.000Z',
        level: 'warn',
        subsystem: 'gateway/ws',
        text: 'two "x" {"cause":"x"}',
      },
    ],
  });
});

test('of many lines the newest come, and it says that there are more', async () => {
  await logs([1, 2, 3].map((second) => record(second, 'INFO', `line ${second}`)));
  const page = await readLogs(machine, 'm', { lines: 2 });
  expect(page.lines.map((line) => line.text)).toEqual(['line 2', 'line 3']);
  expect(page.truncated).toBe(true);
});

test('a search is for fixed text in what was said, not in the frame around it', async () => {
  await logs([record(1, 'INFO', 'a "Quote" .*'), record(2, 'INFO', 'b'), record(3, 'INFO', 'c')]);
  const found = async (contains: string) =>
    (await readLogs(machine, 'm', { lines: 5, contains })).lines.map((line) => line.text);
  expect(await found('"quote" .*')).toEqual(['a "Quote" .*']);
  expect(await found('openclaw')).toEqual([]);
  expect(await found('logLevelName')).toEqual([]);
  expect(await found('-e $(id)')).toEqual([]);
});

test('a level brings the graver ones too, and what a dying process printed', async () => {
  const esc = String.fromCharCode(27);
  await logs(
    [record(1, 'INFO', 'fine'), record(2, 'WARN', 'odd'), record(3, 'ERROR', 'broken')],
    [`${esc}[90m${at(3)}${esc}[39m broken`, 'FATAL ERROR: JavaScript heap out of memory', `${at(1)} fine`],
  );
  const { lines } = await readLogs(machine, 'm', { lines: 5, level: 'warn' });
  expect(lines.map((line) => [line.level, line.text])).toEqual([
    ['warn', 'odd'],
    ['error', 'broken'],
    [undefined, 'FATAL ERROR: JavaScript heap out of memory'],
  ]);
});

test('a gateway that never came to write a log is still heard, and none at all is no error', async () => {
  expect(await readLogs(machine, 'm', { lines: 5 })).toEqual({ lines: [], truncated: false });
  await logs([], [`${at(1)} starting`, 'Error: Cannot find module']);
  const { lines } = await readLogs(machine, 'm', { lines: 5 });
  expect(lines.map((line) => line.text)).toEqual(['starting', 'Error: Cannot find module']);
});

test('what the program did for a gateway that went down stands among its lines, by time', async () => {
  await logs([record(1, 'INFO', 'before it')]);
  const event = { at: systemClock.now(), why: 'out_of_memory', did: 'restarted', identity: '1 2 3' };
  await writeFile(
    join(machine.home, '.openclaw-mcp/gateway-events.json'),
    JSON.stringify({ events: [event], fresh: 1 }),
  );
  const { lines } = await readLogs(machine, 'm', { lines: 10 });
  expect(lines.map(({ text }) => text)).toEqual([
    'before it',
    'started the gateway again: the machine ran out of memory',
  ]);
  expect((await readLogs(machine, 'm', { lines: 10, level: 'error' })).lines).toEqual([]);
});
