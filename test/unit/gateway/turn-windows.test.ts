/** Turns in the narrow places: cancelled before they began, and read while a piece of the answer is on its way. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { MachineService } from '../../../src/machine/ports.ts';
import { delta, echo, ending, event, type FakeGateway, fakeGateway } from './fake-gateway.ts';

const WAIT = { waitSeconds: 10 };
const TURN = { turnId: 'turn-1', message: 'Hello', session: 's' };
let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on('/v1/chat/completions', echo);
});

afterEach(() => gateway.close());

test('a turn that is cancelled while its start is still on the way to the machine is never sent', async () => {
  const service = gatewayService({ machines: gateway.machine });
  await service.cancelTurn('m', 'turn-1');
  expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ error: { code: 'cancelled' } });
  expect(gateway.seen).toHaveLength(0);
});

test('a cancelled turn tells whether anything of it was sent', async () => {
  const service = gatewayService({ machines: gateway.machine });
  await service.cancelTurn('m', 'turn-1');
  expect((await service.readTurn('m', 'turn-1', WAIT)).error?.details).toMatchObject({ sent: false });

  gateway.on('/v1/chat/completions', () => {});
  await service.startTurn('m', { ...TURN, turnId: 'turn-2' }, { waitSeconds: 0 });
  await expect.poll(() => gateway.seen.length).toBe(1);
  await service.cancelTurn('m', 'turn-2');
  expect((await service.readTurn('m', 'turn-2', WAIT)).error?.details.sent).not.toBe(false);
});

test('a look ends in time also where the answer stops inside a character', async () => {
  gateway.on('/v1/chat/completions', (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(delta('so far'));
    response.write(Buffer.from(event('€')).subarray(0, 8));
  });
  const service = gatewayService({ machines: gateway.machine });
  await service.startTurn('m', TURN, { waitSeconds: 1 });
  expect(await service.readTurn('m', 'turn-1', { waitSeconds: 0 })).toMatchObject({
    state: 'running',
    text: 'so far',
  });
});

test('a turn after others is first asked for when theirs had ended on this machine, however slow it is', async () => {
  const paces: (number | undefined)[] = [];
  const machines: Pick<MachineService, 'run'> = {
    async run(machineId, command, options) {
      const result = await gateway.machine.run(machineId, command, options);
      // A machine that took twenty times as long for its own part, and then one that took longer than can be foretold.
      const tookMs = paces.push(command.pace?.firstMs) === 1 ? 640 : 1_400;
      return { ...result, stdout: result.stdout.replace(/took_ms=\d+/, `took_ms=${tookMs}`) };
    },
  };
  const service = gatewayService({ machines });
  for (const turnId of ['turn-1', 'turn-2']) await service.startTurn('m', { ...TURN, turnId }, WAIT);
  await service.startTurn('other', { ...TURN, turnId: 'turn-3' }, WAIT);
  await service.startTurn('other', { ...TURN, turnId: 'turn-4' }, WAIT);
  expect(paces).toEqual([undefined, 714, undefined, undefined]);
});

test('a long answer is read on from where the last look ended, and by somebody else from its start', async () => {
  let finish = () => {};
  gateway.on('/v1/chat/completions', (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(delta('First, '));
    finish = () => response.end(delta('then the rest.') + ending());
  });
  const service = gatewayService({ machines: gateway.machine });
  const look = () => service.readTurn('m', 'turn-1', { waitSeconds: 0 });
  await service.startTurn('m', TURN, { waitSeconds: 0 });
  await expect.poll(look, { timeout: 20_000 }).toMatchObject({ state: 'running', text: 'First, ' });
  finish();
  expect(await service.readTurn('m', 'turn-1', WAIT)).toMatchObject({ text: 'First, then the rest.' });
  expect(Number(gateway.machine.commands.at(-1)?.env?.OPENCLAW_MCP_OFFSET)).toBeGreaterThan(0);
  const later = gatewayService({ machines: gateway.machine });
  expect(await later.readTurn('m', 'turn-1', WAIT)).toMatchObject({ text: 'First, then the rest.' });
});
