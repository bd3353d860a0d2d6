/** The recipe's troubleshooting table on the real OpenClaw: each row is provoked, repaired, and proved, in one life. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Client } from '../contract/support/harness.ts';
import type { Message, RawClient } from '../support/raw-client.ts';
import { type RealLab, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
let agent: RawClient;
let machine: string;
/** Runs a shell line on the machine, as an accident would. */
let sh: (line: string) => Promise<string>;

beforeAll(async () => {
  lab = await startRealLab();
  agent = await lab.server();
  machine = String((await lab.deploy(agent)).machine_id);
  const api = new Client(lab.local);
  sh = async (line) => String((await api.sh(machine, line, { timeout_ms: 60_000 })).stdout);
});
afterAll(() => lab.close());

const repair = (by: RawClient = agent): Promise<Message> =>
  by.finish('repair_openclaw', { machine_id: machine });

async function expectAnswer(): Promise<void> {
  expect(await agent.finish('chat', { machine_id: machine, message: 'Still there?' })).toMatchObject({
    status: 'done',
  });
}

const PATIENT = { timeout: 120_000, interval: 500 };
const MCP = '$HOME/.openclaw-mcp';
const KILL = `kill -KILL $(cut -d' ' -f1 ${MCP}/gateway.pid); sleep 0.3`;
// As the recipe starts it, but detached for sure.
const START_BESIDE = `(OPENCLAW_STATE_DIR=$HOME/.openclaw setsid ${MCP}/node/bin/node \
  ${MCP}/current/node_modules/openclaw/openclaw.mjs gateway run --port 18999 </dev/null >/dev/null 2>&1 &)`;

it('has nothing to do where everything works', async () => {
  expect(await repair()).toMatchObject({ status: 'done', found: [], done: [], left: [] });
});

it('a gateway on another port, a broken configuration, open files, no token file, a stale lock', async () => {
  await sh(KILL);
  await sh(START_BESIDE);
  await expect.poll(() => sh('curl -s -m1 127.0.0.1:18999/healthz'), PATIENT).toContain('"ok":true');
  await sh(
    `cd $HOME/.openclaw && echo '{"gateway": {"mode": 5}}' >openclaw.json && chmod 644 secrets.json && rm ${MCP}/auth`,
  );
  const { found, done, left } = await repair();
  expect(found).toEqual(
    expect.arrayContaining([
      '1 more gateway(s) run on the same state',
      'The configuration is invalid',
      'Others on the machine can read files with secrets or settings',
      'The access token file is missing',
    ]),
  );
  expect(done).toEqual(expect.arrayContaining(['Ended 1 more gateway(s)', 'The gateway works again']));
  expect(left).toEqual([]);
  await expectAnswer();
});

it('a package is missing, Node is gone, and the gateway hangs', async () => {
  await sh(
    `rm -rf ${MCP}/current/node_modules/undici ${MCP}/node-*/bin/node; kill -STOP $(cut -d' ' -f1 ${MCP}/gateway.pid)`,
  );
  const { found, left } = await repair();
  expect(found).toEqual(expect.arrayContaining(['Node is broken', 'The gateway runs but does not answer']));
  expect(left).toEqual([]);
});

it("another program holds the port: it is named and left alone, then the machine sleeps without the provider's key", async () => {
  await sh(KILL);
  await sh(
    `(setsid ${MCP}/node/bin/node -e 'require("http").createServer((q,s)=>s.end("x")).listen(18789,"127.0.0.1")' </dev/null >/dev/null 2>&1 &); sleep 1`,
  );
  const blocked = await repair();
  expect(blocked.found).toContain("Another program holds the gateway's port");
  expect(String(blocked.left)).toContain('was left alone');
  expect(await sh('curl -s 127.0.0.1:18789')).toBe('x');

  await sh(`cd $HOME/.openclaw && sed -i 's/"anthropic":"[^"]*"/"other":"x"/' secrets.json`);
  await agent.finish('sleep_machine', { machine_id: machine });
  const stranger = await lab.server({
    ANTHROPIC_API_KEY: '',
    OPENAI_API_KEY: 'sk-openai-e2e-0123456789abcdef',
  });
  const told = await repair(stranger);
  await stranger.close();
  expect(told.found).toEqual(
    expect.arrayContaining(['The machine was sleeping', 'No key on the machine for: anthropic']),
  );
  expect(String(told.left)).toContain('ANTHROPIC_API_KEY');

  expect(await repair()).toMatchObject({ left: [] });
});
