/** The turn script alone, where the service cannot bring about the case: pieces, half-started turns, cleaning up. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatewayService } from '../../../src/gateway/gateway-service.ts';
import { machineScript } from '../../../src/openclaw/machine-script.ts';
import { runScript, type ScriptOutput } from '../../../src/openclaw/script-output.ts';
import { delta, echo, ending, type FakeGateway, fakeGateway, stream } from './fake-gateway.ts';

const WAIT = { waitSeconds: 10 };
const TURN = { turnId: 'turn-1', message: 'Hello', session: 's' };
let gateway: FakeGateway;

beforeEach(async () => {
  gateway = await fakeGateway();
  gateway.on('/v1/chat/completions', echo);
});

afterEach(() => gateway.close());

test('pieces of any size fit together again, also where one ends inside a character', async () => {
  const reply = delta('aé€🦞'.repeat(8)) + ending();
  gateway.on('/v1/chat/completions', (response) => {
    stream(response, reply);
    response.end();
  });
  const service = gatewayService({ machines: gateway.machine });
  await service.startTurn('m', TURN, WAIT);
  let text = '';
  let offset = '0';
  for (let output: ScriptOutput | undefined; output?.values.next !== output?.values.size || !output; ) {
    output = await look({ OPENCLAW_MCP_OFFSET: offset, OPENCLAW_MCP_MAX_BYTES: '47' });
    expect(output.values.next).not.toBe(offset);
    text += output.blobs.sse;
    offset = output.values.next ?? '';
  }
  expect(text).toBe(reply);
});

test('a start that died before it could send is known as not sent, and the next start sends', async () => {
  const folder = await jobFolder('turn-1');
  await writeFile(join(folder, 'turn'), '');
  const service = gatewayService({ machines: gateway.machine });
  expect((await service.readTurn('m', 'turn-1', WAIT)).state).toBe('unknown');
  expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ state: 'done', text: 'You said: Hello' });
  expect(gateway.seen).toHaveLength(1);
});

test('a turn that was cancelled before it was sent is never sent', async () => {
  const folder = await jobFolder('turn-1');
  await writeFile(join(folder, 'turn'), '');
  const service = gatewayService({ machines: gateway.machine });
  expect(await service.cancelTurn('m', 'turn-1')).toMatchObject({ error: { code: 'cancelled' } });
  expect(await service.startTurn('m', TURN, WAIT)).toMatchObject({ error: { code: 'cancelled' } });
  expect(gateway.seen).toHaveLength(0);
});

test('the message does not stay on the disk, and old turns go while other jobs stay', async () => {
  for (let n = 0; n < 55; n++) {
    const folder = await jobFolder(`old-${n}`);
    await writeFile(join(folder, 'turn'), '');
    await writeFile(join(folder, 'exit'), '1 0 200\n');
    const age = new Date(Date.now() - (n === 0 ? 8 * 86_400_000 : 3_600_000 + n));
    await utimes(join(folder, 'turn'), age, age);
  }
  await writeFile(join(await jobFolder('deploy-1'), 'exit'), '0\n');
  await gatewayService({ machines: gateway.machine }).startTurn('m', TURN, WAIT);
  const jobs = () => readdir(join(gateway.machine.home, '.openclaw-mcp/jobs'));
  await expect.poll(async () => (await jobs()).length).toBe(51);
  expect(await jobs()).toEqual(expect.arrayContaining(['deploy-1', 'turn-1']));
  expect(await jobs()).not.toContain('old-0');
  expect(await readdir(await jobFolder('turn-1'))).not.toContain('request.json');
});

async function jobFolder(id: string): Promise<string> {
  const folder = join(gateway.machine.home, '.openclaw-mcp/jobs', id);
  await mkdir(folder, { recursive: true });
  return folder;
}

function look(env: Record<string, string>): Promise<ScriptOutput> {
  const all = { OPENCLAW_MCP_TURN_ID: 'turn-1', OPENCLAW_MCP_MODE: 'wait', ...env };
  return runScript(gateway.machine, 'm', machineScript('turn', all, { timeoutMs: 10_000, rerunnable: true }));
}
