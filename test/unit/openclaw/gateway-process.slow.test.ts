/** The gateway as a process: known by its identity and its token, repaired in place, never confused with another. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FakeRegistry, startFakeRegistry } from '../../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture } from './deployed.ts';

let registry: FakeRegistry;
let on: Fixture;
beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
  on = await fixture({ npmRegistry: registry.url, nodeMirror: `${registry.url}/dist` });
  expect((await on.deploy('op-1')).state).toBe('done');
});
afterAll(async () => {
  await on.machine.remove();
  await registry.close();
});

const file = (...path: string[]) => join(on.machine.home, ...path);

test('a gateway that works is left alone', async () => {
  expect(await on.openclaw.startGateway('m')).toEqual({ started: false, repaired: [] });
});

test('a gateway that was killed works again, whether or not somebody asks for it', async () => {
  const before = (await on.openclaw.probe('m')).process;
  await on.machine.kill('gateway.pid');
  await on.openclaw.startGateway('m');
  const { process, authenticated } = await on.openclaw.probe('m');
  expect([before, process, authenticated]).toEqual(['running', 'running', 'yes']);
});

test('a gateway that was stopped is seen as gone, with its last words', async () => {
  await on.openclaw.stopGateway('m');
  expect(await on.openclaw.probe('m')).toMatchObject({
    process: 'gone',
    health: 'not_checked',
    gateway_log: expect.stringContaining('gateway'),
  });
  expect(await on.openclaw.startGateway('m')).toMatchObject({
    started: true,
    repaired: [expect.any(String)],
  });
});

test('a process that gives the port up within moments, as one that was killed does, is accused of nothing', async () => {
  const port = Number(on.machine.env.OPENCLAW_GATEWAY_PORT);
  // As the rest of a killed gateway: no name, no environment and no record tells whose it was.
  const hold = `require('node:net').createServer((s) => s.destroy()).listen(${port}, '127.0.0.1', () => console.log());
setTimeout(() => process.exit(), Number(process.argv[1]))`;
  await on.openclaw.stopGateway('m');
  const dying = spawn(process.execPath, ['-e', hold, '900'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(dying.stdout, 'data');
  const ended = once(dying, 'exit');
  expect(await on.openclaw.startGateway('m')).toMatchObject({ started: true });
  await ended;
});

test('our own gateway is known again by its token when its pid file is gone', async () => {
  await rm(file('.openclaw-mcp', 'gateway.pid'));
  expect(await on.openclaw.startGateway('m')).toMatchObject({ started: false, repaired: [/process/] });
  expect(await on.openclaw.probe('m')).toMatchObject({ process: 'running' });
});

test('a stop ends it, and a start repairs what was taken away meanwhile', async () => {
  expect(await on.openclaw.stopGateway('m')).toEqual({ how: 'stopped' });
  expect(await on.openclaw.stopGateway('m')).toEqual({ how: 'not_running' });
  await rm(file('.openclaw-mcp', 'auth'));
  await chmod(file('.openclaw', 'secrets.json'), 0o644);
  expect((await on.openclaw.startGateway('m')).repaired).toHaveLength(3);
  expect(await on.openclaw.probe('m')).toMatchObject({
    authenticated: 'yes',
    modes: { 'secrets.json': '600' },
  });
});

test('a gateway that a busy machine ended in the middle of its first start is started again', async () => {
  const script = file('.openclaw-mcp/current/node_modules/openclaw/openclaw.mjs');
  const whole = await readFile(script, 'utf8');
  const hurried = JSON.stringify(file('hurried'));
  const once = `import { existsSync as isThere, writeFileSync as note } from 'node:fs';
if (process.argv.includes('run') && !isThere(${hurried})) {
  note(${hurried}, '');
  console.error('- Agent database maintenance deferred: state lease heartbeat did not become ready (timeoutMs=5000)');
  process.exit(1);
}`;
  await on.openclaw.stopGateway('m');
  await writeFile(script, whole.replace('\n', `\n${once}\n`));
  expect(await on.openclaw.startGateway('m')).toMatchObject({ started: true });
  await readFile(file('hurried'));
  await writeFile(script, whole);
});

test('a foreign program on the port is named and left alone', async () => {
  await on.openclaw.stopGateway('m');
  const foreign = createServer((_request, response) => response.end('mine'));
  foreign.listen(Number(on.machine.env.OPENCLAW_GATEWAY_PORT), '127.0.0.1');
  await once(foreign, 'listening');
  await expect(on.openclaw.startGateway('m')).rejects.toMatchObject({
    code: 'conflict',
    foreign: expect.stringContaining(`${process.pid}`),
  });
  expect(await on.openclaw.probe('m')).toMatchObject({ listening: true, health: 'no', process: 'gone' });
  foreign.closeAllConnections();
  foreign.close();
});

test('a machine without OpenClaw says so at every layer', async () => {
  const bare = await fixture({ npmRegistry: registry.url, nodeMirror: `${registry.url}/dist` });
  try {
    expect(await bare.openclaw.probe('m')).toMatchObject({
      node_version: undefined,
      openclaw_version: undefined,
      config: 'missing',
      process: 'gone',
      ready: 'not_checked',
    });
    await expect(bare.openclaw.startGateway('m')).rejects.toMatchObject({ code: 'conflict' });
  } finally {
    await bare.machine.remove();
  }
});
