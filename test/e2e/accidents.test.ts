/** Accidents of the gateway under a conversation: nothing is lost, nothing is asked twice, nobody has to mend it. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/stand-in/conversation.ts';
import type { ModelFault } from '../../src/stand-in/model-server.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';

let lab: Lab;
let agent: LabClient;
let machine: string;
let home: string;
beforeAll(async () => {
  lab = await startLab({ model: { fault: (request) => modelFault(questionOf(request)) } });
  agent = await lab.connect();
  machine = String((await agent.finish('deploy_openclaw')).data.machine_id);
  home = String((await agent.assembled.services.machines.get(machine)).homeDir);
});
afterAll(() => lab.close());

/** What a turn that runs again is about stands before the words with which it begins anew. */
function questionOf({ question, turns }: ModelRequest): string {
  return question.startsWith('[System]') ? (turns.at(-2)?.text ?? '') : question;
}

function modelFault(question: string): ModelFault | undefined {
  if (question.includes('long')) return { kind: 'slow', ms: 15_000 };
  if (question.includes('slow')) return { kind: 'slow', ms: 4_000 };
  return question.includes('endless') ? { kind: 'hang' } : undefined;
}

const asked = (question: string) => lab.model.requests.filter((one) => one.question === question).length;
const reached = (question: string) => expect.poll(() => asked(question)).toBe(1);

async function killGateway(): Promise<void> {
  const pid = Number.parseInt(await readFile(join(home, '.openclaw-mcp/gateway.pid'), 'utf8'), 10);
  process.kill(pid, 'SIGKILL');
}

/** One method of the gateway, as a person on the machine calls it. */
function call(method: string, params: object): void {
  const openclaw = join(home, '.openclaw-mcp/bin/openclaw');
  const printed = readFileSync(join(home, '.openclaw/logs/gateway.out'), 'utf8');
  const port = /listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(printed)?.[1] ?? '';
  const env = { PATH: process.env.PATH, OPENCLAW_GATEWAY_PORT: port };
  execFileSync(openclaw, ['gateway', 'call', method, '--json', '--params', JSON.stringify(params)], { env });
}

it('a gateway killed in a turn: the reply comes under the same operation, and a message meanwhile is sent after it', async () => {
  const message = 'A slow question under a killed gateway';
  const { operation_id } = (await agent.call('chat', { message, session: 'k', wait_seconds: 0 })).data;
  await reached(message);
  await killGateway();
  const second = agent.finish('chat', { message: 'Said meanwhile', session: 'k' });
  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({
    status: 'done',
    notes: expect.arrayContaining([expect.stringContaining('went on with it')]),
  });
  expect((await second).data).toMatchObject({
    status: 'done',
    reply: expect.stringContaining('Said meanwhile'),
  });
  expect(asked('Said meanwhile')).toBe(1);
});

it('a turn that ends the gateway twice is ended, and its session takes the next message', async () => {
  const message = 'An endless question that ends the gateway';
  const { operation_id } = (await agent.call('chat', { message, session: 'twice', wait_seconds: 0 })).data;
  await reached(message);
  await killGateway();
  await agent.finish('wake_machine');
  const status = await agent.call('gateway_status');
  expect(JSON.stringify(status.data)).toContain('openai-user:twice');
  await killGateway();
  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('twice') } });
  expect((await agent.finish('chat', { message: 'And now?', session: 'twice' })).data).toMatchObject({
    status: 'done',
  });
});

it('repair ends a run that a dead gateway has left, and keeps the conversation', async () => {
  const message = 'An endless question, repaired';
  await agent.call('chat', { message, session: 'mend', wait_seconds: 0 });
  await reached(message);
  await killGateway();
  await agent.finish('wake_machine');
  const { data } = await agent.finish('repair_openclaw');
  expect(JSON.stringify(data.found)).toContain('interrupted');
  expect((await agent.finish('chat', { message: 'Free again?', session: 'mend' })).data).toMatchObject({
    status: 'done',
  });
  const { data: read } = await agent.call('read_session', { session: 'mend' });
  expect(JSON.stringify(read)).toContain(message);
});

it('an archived session is listed, and a message brings it back', async () => {
  await agent.finish('chat', { message: 'Before a long pause', session: 'old' });
  call('sessions.patch', { key: 'agent:main:openai-user:old', archived: true });
  const { data } = await agent.call('list_sessions');
  expect(Object(data).sessions.at(-1)).toMatchObject({ key: 'agent:main:openai-user:old' });
  const again = await agent.finish('chat', { message: 'After it', session: 'old' });
  expect(again.data).toMatchObject({ status: 'done', reply: expect.stringContaining('After it') });
  expect(asked('After it')).toBe(1);
});

it('a turn that was seen and that its machine has forgotten is lost, not sent again', async () => {
  const message = 'A long question that the machine forgets';
  const { operation_id } = (await agent.call('chat', { message, session: 'forgot', wait_seconds: 0 })).data;
  await reached(message);
  await rm(join(home, '.openclaw-mcp/jobs', String(operation_id)), { recursive: true });
  const { data } = await agent.finish('get_operation', { operation_id });
  expect(data).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
  expect(asked(message)).toBe(1);
});
