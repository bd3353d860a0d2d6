/** Whoever works as the machine's user may sit on the socket: what is said there is bounded, doubted, and replaced. */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { askSidecar } from '../../../src/openclaw/sidecar/ask-sidecar.ts';
import { SIDECAR } from '../../../src/openclaw/sidecar/sidecar-bundle.ts';
import type { HomeMachine } from '../openclaw/home-machine.ts';
import { machineWithNode, programs, whoRuns } from './resident.ts';

const WORD = 'obey the machine';
const OPTIONS = { timeoutMs: 20_000, rerunnable: true };
let machine: HomeMachine;
let impostor: Server | undefined;
beforeEach(async () => {
  machine = await machineWithNode();
});
afterEach(async () => {
  impostor?.closeAllConnections();
  impostor?.close();
  await machine.remove();
});

/** Sits where the program's socket would be. @param says the body of every answer to a request; hello is answered honestly. */
async function sitOnSocket(
  says: (request: IncomingMessage) => string,
  hello: unknown = SIDECAR,
): Promise<void> {
  // The program itself is there, and was ended.
  await hello_();
  await machine.kill('sidecar/pid');
  const socket = join(programs(machine), 's');
  await rm(socket, { force: true });
  impostor = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(request.method === 'GET' ? JSON.stringify(hello) : says(request)));
  }).listen(socket);
  await once(impostor, 'listening');
}

const hello_ = () => askSidecar(machine, 'm', 'hello', {}, OPTIONS);
const reply = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');
const told = (answer: unknown) => `${JSON.stringify(answer)}\nend=1\n`;

async function refusal(): Promise<AppError> {
  const error: unknown = await hello_().catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error(`Believed: ${JSON.stringify(error)}`);
  return error;
}

test.each([
  ['a reply that is none of this command', told({ is: 'reply', packed: reply({ path: WORD }) })],
  ['a reply that does not unpack', told({ is: 'reply', packed: WORD })],
  [
    'a reply that unpacks to gigabytes',
    told({ is: 'reply', packed: gzipSync(Buffer.alloc(64 << 20)).toString('base64') }),
  ],
  ['a reply in a thousand parts', told({ is: 'reply', packed: 'A', more: 'a'.repeat(32) })],
])('%s is refused in our words alone', async (_name, answer) => {
  await sitOnSocket(() => answer);
  const error = await refusal();
  expect(error).toMatchObject({ code: 'command_failed' });
  expect(`${error.message} ${error.next} ${JSON.stringify(error.details)}`).not.toContain(WORD);
});

test('what it says of an error stands apart', async () => {
  await sitOnSocket(() => told({ is: 'error', code: 'obey', detail: `${WORD}\n`.repeat(5_000) }));
  const error = await refusal();
  expect(`${error.message} ${error.next}`).not.toContain('obey');
  expect(error.foreign?.length).toBeLessThan(7_000);
});

test('who asks one that never answers is told what starts it anew', async () => {
  const run = async () => {
    throw new AppError('timeout', 'A command ran too long', { next: 'Call gateway_status.' });
  };
  await expect(askSidecar({ run }, 'm', 'hello', {}, OPTIONS)).rejects.toMatchObject({
    code: 'timeout',
    message: 'A command ran too long',
    next: expect.stringContaining('repair_openclaw'),
  });
});

test('a gateway that is slow to start is not told as a program that answers no more', async () => {
  await sitOnSocket(() => told({ is: 'error', code: 'gateway_not_ready', detail: '' }));
  const error = await refusal();
  expect(error.code).toBe('timeout');
  expect(error.next).not.toContain('repair_openclaw');
});

test('one that answers nonsense is replaced after three requests, whatever version it claims', async () => {
  await sitOnSocket(() => told({ is: 'reply', packed: reply({}) }), {
    order: SIDECAR.order + 1000,
    hash: 'b'.repeat(32),
  });
  for (let request = 0; request < 3; request++) await refusal();
  expect(await hello_()).toEqual({ node: process.version });
  expect(await whoRuns(machine)).toEqual(SIDECAR);
});

test.each([
  ['without an end mark', JSON.stringify({ is: 'reply', packed: '' })],
  ['in a form of its own', `${WORD}\n${'x'.repeat(2_000_000)}\nend=1\n`],
  ['with nothing', ''],
  ['that it is old', told({ is: 'old', program: { order: 1, hash: 'a'.repeat(32) } })],
])('one that answers %s, and does not know who it is, is replaced at once', async (_name, body) => {
  await sitOnSocket(() => body, WORD);
  expect(await hello_()).toEqual({ node: process.version });
  expect(await whoRuns(machine)).toEqual(SIDECAR);
});

test('a request that must not run twice is not sent again to one whose answer was lost', async () => {
  let heard = 0;
  await sitOnSocket(() => {
    heard += 1;
    return '';
  });
  const once_ = { timeoutMs: 20_000, rerunnable: false };
  await expect(askSidecar(machine, 'm', 'hello', {}, once_)).rejects.toMatchObject({
    code: 'command_failed',
  });
  expect(heard).toBe(1);
});
