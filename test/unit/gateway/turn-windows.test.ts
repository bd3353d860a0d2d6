/** Turns in the narrow places: cancelled before they began, and read while a piece of the answer is on its way. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import { requestIn } from '../../support/sidecar-request.ts';
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
  await expect.poll(look).toMatchObject({ state: 'running', text: 'First, ' });
  finish();
  expect(await service.readTurn('m', 'turn-1', WAIT)).toMatchObject({ text: 'First, then the rest.' });
  const { offset } = requestIn(gateway.machine.commands.at(-1)?.env);
  expect(offset).toBeGreaterThan(0);
  const later = gatewayService({ machines: gateway.machine });
  expect(await later.readTurn('m', 'turn-1', WAIT)).toMatchObject({ text: 'First, then the rest.' });
});
