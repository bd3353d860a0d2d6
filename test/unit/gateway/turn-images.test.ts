/** Images that go with a message: carried in pieces, put into the gateway's request byte for byte, or nothing is sent. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import type { CarriedImage } from '../../../src/gateway/ports.ts';
import { packed, pieceCarrier } from '../../../src/openclaw/sidecar/pieces.ts';
import { delta, ending, type FakeGateway, fakeGateway, type SeenRequest, stream } from './fake-gateway.ts';

const WAIT = { waitSeconds: 10 };
const TURN = { turnId: 'turn-1', message: 'What is it? "]}]}', session: 's' };
let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on('/v1/chat/completions', (response) => {
    stream(response, delta('A lobster.'), ending());
    response.end();
  });
});
afterEach(() => gateway.close());

const inHome = (path: string) => join(gateway.machine.home, path);

async function carried(job: string, ...pieces: Buffer[]): Promise<CarriedImage> {
  const carrier = pieceCarrier({ machines: gateway.machine });
  for (const [index, piece] of pieces.entries()) await carrier.write('m', job, index, piece);
  const { sha256 } = packed(Buffer.concat(pieces));
  return { job, pieces: pieces.length, sha256, type: 'image/png' };
}

const partsOf = (request: SeenRequest | undefined) => JSON.parse(request?.body ?? '').messages[0].content;

test('they reach the gateway behind the text, byte for byte, and with it once for all time', async () => {
  const [first, second] = [randomBytes(1_001), randomBytes(7)];
  const images = [
    await carried('t-a0', first.subarray(0, 500), first.subarray(500)),
    await carried('t-a1', second),
  ];
  const service = gatewayService({ machines: gateway.machine });
  const turn = await service.startTurn('m', { ...TURN, images }, WAIT);
  expect(turn).toMatchObject({ state: 'done', text: 'A lobster.' });
  const url = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;
  expect(partsOf(gateway.seen[0])).toEqual([
    { type: 'text', text: TURN.message },
    { type: 'image_url', image_url: { url: url(first) } },
    { type: 'image_url', image_url: { url: url(second) } },
  ]);
  rmSync(inHome('.openclaw-mcp/transfer'), { recursive: true });
  expect(await service.startTurn('m', { ...TURN, images }, WAIT)).toMatchObject({ state: 'done' });
  expect(gateway.seen).toHaveLength(1);
  expect(readdirSync(inHome('.openclaw-mcp/jobs/turn-1'))).not.toContain('request.json');
});

test.each([
  ['a piece that is gone', { pieces: 2 }],
  ['bytes that are not those that were judged', { sha256: '0'.repeat(64) }],
  ['a name that leads elsewhere', { job: 't-a9' }],
])('%s: nothing is sent, and a later start may send', async (_, wrong) => {
  const image = await carried('t-a0', randomBytes(10));
  const service = gatewayService({ machines: gateway.machine });
  const start = (one: CarriedImage) => service.startTurn('m', { ...TURN, images: [one] }, WAIT);
  await expect(start({ ...image, ...wrong })).rejects.toMatchObject({
    details: { script_error: 'images_gone' },
  });
  expect(gateway.seen).toEqual([]);
  expect(await start(image)).toMatchObject({ state: 'done' });
});

test('of a turn that ended, or that another server cancelled, nothing that was carried stays', async () => {
  const left = () => readdirSync(inHome('.openclaw-mcp/transfer'));
  const service = gatewayService({ machines: gateway.machine });
  const images = [await carried('turn-1-a0', randomBytes(10))];
  await carried('turn-2-a0', randomBytes(10));
  await carried('turn-2', randomBytes(10));
  expect(await service.startTurn('m', { ...TURN, images }, WAIT)).toMatchObject({ state: 'done' });
  expect(left().sort()).toEqual(['turn-2', 'turn-2-a0']);
  // The second attempt at it.
  await service.cancelTurn('m', 'turn-2-2');
  expect(left()).toEqual(['turn-2']);
});

/** Settings with one model that sees and one that does not. */
function describeModels(agents: object): void {
  mkdirSync(inHome('.openclaw'));
  const models = [
    { id: 'seen', input: ['text', 'image'] },
    { id: 'blind', input: ['text'] },
  ];
  const settings = { models: { providers: { anthropic: { models } } }, agents };
  writeFileSync(inHome('.openclaw/openclaw.json'), JSON.stringify(settings));
}

test.each([
  ['anthropic/seen', 'yes'],
  ['anthropic/blind', 'no'],
  ['anthropic/other', 'unknown'],
  [undefined, 'no'],
])('whether %s sees images is read from the settings where they describe it: %s', async (model, takes) => {
  describeModels({
    defaults: { model: { primary: 'anthropic/seen' } },
    list: [{ id: 'main', model: 'anthropic/blind' }],
  });
  const service = gatewayService({ machines: gateway.machine });
  expect(await service.takesImages('m', { session: 's', model })).toBe(takes);
});

test('an agent that stands under its name has its own model', async () => {
  describeModels({
    defaults: { model: 'anthropic/seen' },
    entries: { main: { model: 'anthropic/blind' }, other: {} },
  });
  const service = gatewayService({ machines: gateway.machine });
  expect(await service.takesImages('m', { session: 's' })).toBe('no');
  expect(await service.takesImages('m', { session: 's', agent: 'other' })).toBe('yes');
});
