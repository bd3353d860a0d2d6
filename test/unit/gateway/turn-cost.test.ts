/** What one command of a warm turn costs its machine: processes, counted by the numbers that they get, and bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { MachineCommand, MachineService } from '../../../src/machine/ports.ts';
import { unavailable, why } from '../local-namespace/fixture.ts';
import { echo, type FakeGateway, fakeGateway } from './fake-gateway.ts';

const WARM_TURNS = 5;

/** Runs commands where nobody else starts a process, and says how many each of them started. */
const COUNTING = `
  const { spawn, spawnSync } = require('node:child_process');
  const number = () => spawnSync('/bin/true').pid;
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const { command: [file, ...args], env } = JSON.parse(line);
    const before = number();
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '', stderr = '';
    child.stdout.on('data', (text) => { stdout += text; });
    child.stderr.on('data', (text) => { stderr += text; });
    child.on('close', (exitCode) => {
      console.log(JSON.stringify({ exitCode, stdout, stderr, processes: number() - before - 1 }));
    });
  });`;

const result = z.object({
  exitCode: z.number(),
  stdout: z.string(),
  stderr: z.string(),
  processes: z.number(),
});

describe.skipIf(unavailable)(`one command of a warm turn${why}`, () => {
  let gateway: FakeGateway;
  let alone: ChildProcess;
  let answers: AsyncIterator<string>;
  beforeAll(async () => {
    gateway = await fakeGateway();
    gateway.on('/v1/chat/completions', echo);
    const { home } = gateway.machine;
    const env = { PATH: process.env.PATH, HOME: home, OPENCLAW_GATEWAY_PORT: String(gateway.port) };
    const program = [process.execPath, '-e', COUNTING];
    alone = spawn('unshare', ['-Urpf', '--mount-proc', ...program], {
      env,
      cwd: home,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (alone.stdout === null) throw new Error('no output');
    answers = createInterface({ input: alone.stdout })[Symbol.asyncIterator]();
  });
  afterAll(async () => {
    // The first process of the namespace; all others end with it.
    alone.stdin?.end();
    await gateway.close();
  });

  test(`starts three processes at most and one sender, and takes at most 2 KB`, async () => {
    const commands: MachineCommand[] = [];
    const counts: number[] = [];
    const machines: Pick<MachineService, 'run'> = {
      async run(_, command) {
        commands.push(command);
        alone.stdin?.write(`${JSON.stringify({ command: command.command, env: command.env })}\n`);
        const { processes, ...ran } = result.parse(JSON.parse(String((await answers.next()).value)));
        counts.push(processes);
        return { ...ran, truncated: false, executionId: 'e' };
      },
    };
    const service = gatewayService({ machines });
    const ask = (turnId: string) =>
      service.startTurn('m', { turnId, message: 'Hi', session: 'default' }, { waitSeconds: 10 });
    expect((await ask('cold')).state).toBe('done');
    counts.length = 0;
    for (let turn = 0; turn < WARM_TURNS; turn++) expect((await ask(`warm-${turn}`)).state).toBe('done');
    expect(counts).toHaveLength(WARM_TURNS);
    // A thread that the program starts once has a number too.
    expect(Math.min(...counts)).toBeLessThanOrEqual(3 + 1);
    const { command, env = {} } = commands.at(-1) ?? { command: [] };
    const bytes = [...command, ...Object.entries(env).flat()].join('').length;
    expect(bytes).toBeLessThanOrEqual(2_048);
  });
});
