/** Ten thousand strange inputs: each gets an answer that a stranger may read, and none reaches a path or a shell. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config/config.ts';
import { systemClock } from '../../src/core/clock.ts';
import { AppError } from '../../src/core/errors.ts';
import { type AssembledServer, assembleServer } from '../../src/server.ts';
import { tools } from '../../src/tools/index.ts';

const RUNS = 10_000;
const AT_ONCE = 50;
const INTERNAL =
  /[A-Z]\w+Error\b|\bat .+:\d+:\d+|node:|node_modules|\bzod\b|\$Zod|\/src\/|\bundefined\b|\[object |defect in this server|fuzz-state/i;

let dir: string;
let assembled: AssembledServer;
let ask: (name: string, args: unknown) => Promise<unknown>;
const logged: string[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fuzz-state-'));
  assembled = assembleServer({
    config: readConfig({ OPENCLAW_MCP_STATE_DIR: dir, OPENCLAW_MCP_TOOL_WAIT_MS: '0' }),
    connect: async () => {
      throw new AppError('unavailable', 'The network is down');
    },
    providers: [],
    secrets: [],
    clock: systemClock,
    writeLog: (line) => logged.push(line),
  });
  const [near, far] = InMemoryTransport.createLinkedPair();
  const waiting = new Map<number, (answer: unknown) => void>();
  far.onmessage = (message: JSONRPCMessage) => {
    if ('id' in message && typeof message.id === 'number') waiting.get(message.id)?.(message);
  };
  await assembled.server.connect(near);
  let last = 0;
  ask = (name, args) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      const params: Record<string, unknown> = { name, arguments: args };
      void far.send({ jsonrpc: '2.0', id: last, method: 'tools/call', params });
    });
});
afterAll(async () => {
  assembled.close();
  await rm(dir, { recursive: true, force: true });
});

const HOSTILE = [
  '../../../../etc/passwd',
  '$(touch /tmp/pwned)',
  '`id`; rm -rf ~',
  "'; DROP TABLE machines; --",
  '-rf',
  '\u0000\u001b[2J\u202e',
  '\ud800',
  'a'.repeat(5_000),
  '{{constructor}}',
  '%2e%2e%2f',
  'dm-1/../dm-2',
  'operation_../../x',
];
const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const value = fc.oneof(
  hostile,
  fc.jsonValue({ maxDepth: 2 }),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, [], {}, -1, 0, 1e308),
);
const strange = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'machineId',
  'MACHINE_ID',
  '',
  'a b',
  'confirm',
);

const call = fc.constantFrom(...tools).chain((tool) => {
  const fields = Object.keys(tool.input.shape);
  const name =
    fields.length === 0
      ? strange
      : fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fields) }, { weight: 1, arbitrary: strange });
  const args = fc.oneof(
    {
      weight: 20,
      arbitrary: fc.array(fc.tuple(name, value), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
    },
    { weight: 1, arbitrary: fc.dictionary(hostile, value, { maxKeys: 20 }) },
  );
  return fc.tuple(fc.constant(tool.name), args);
});

const answer = z.union([
  z.object({
    result: z.object({ content: z.array(z.object({ text: z.string() })), isError: z.boolean().optional() }),
  }),
  z.object({ error: z.object({ code: z.number(), message: z.string() }) }),
]);

/** What is wrong with an answer, if anything. */
function fault(given: unknown): string | undefined {
  const read = answer.safeParse(given);
  if (!read.success) return `no answer of the protocol: ${JSON.stringify(given)}`;
  const said =
    'error' in read.data
      ? read.data.error.message
      : read.data.result.content.map(({ text }) => text).join('\n');
  if (said.length > 20_000) return `${said.length} characters`;
  return INTERNAL.exec(said)?.[0];
}

it(`answers ${RUNS} generated calls in words, without a defect`, async () => {
  const calls = fc.sample(call, { numRuns: RUNS, seed: 20_261_120 });
  const wrong: unknown[] = [];
  for (let start = 0; start < calls.length; start += AT_ONCE) {
    await Promise.all(
      calls.slice(start, start + AT_ONCE).map(async ([name, args]) => {
        const given = await ask(name, args);
        const seen = fault(given);
        // A caller's own words may be quoted back.
        if (seen !== undefined && !JSON.stringify(args).includes(seen))
          wrong.push({ name, args, seen, given });
      }),
    );
  }
  expect(wrong.slice(0, 3)).toEqual([]);
  expect(logged).toEqual([]);
  // Nothing but what the server keeps itself, under names of its own making.
  expect((await readdir(tmpdir())).filter((name) => name.includes('pwned'))).toEqual([]);
  for (const name of await readdir(dir))
    expect(name).toMatch(/^(?:operations|backups|limits|[a-z]+\.(?:key|json)|history(?:\.1)?\.jsonl)$/);
}, 30_000);
