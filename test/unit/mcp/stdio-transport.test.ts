/** Whatever a client writes, who waits for an answer gets one, in our own words. */
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../../src/core/log.ts';
import { type Tool, toolDefiner } from '../../../src/mcp/define-tool.ts';
import { mcpServer } from '../../../src/mcp/mcp-server.ts';
import { parseInput } from '../../../src/mcp/parse-input.ts';
import { StdioTransport } from '../../../src/mcp/stdio-transport.ts';

const input = z.strictObject({
  name: z.string().optional(),
  count: z.number().int().max(9).default(1),
  sure: z.boolean().default(false),
  either: z.union([z.number(), z.array(z.number())]).optional(),
  inner: z.strictObject({ size: z.number().optional(), label: z.string().optional() }).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
});
const echo = toolDefiner<null>(parseInput)({
  name: 'echo',
  title: 'Echo',
  description: 'For tests.',
  effect: 'read',
  idempotent: true,
  input,
  output: z.object({ got: z.unknown() }),
  run: async (got) => ({ summary: 'ok', data: { got } }),
});

const ends: (() => Promise<void>)[] = [];
afterEach(() => Promise.all(ends.splice(0).map((end) => end())));

interface Message {
  id?: unknown;
  result?: { structuredContent?: { got: unknown }; isError?: boolean; content?: { text: string }[] };
  error?: { code: number; message: string };
}

/** What a server that got these bytes writes until it has answered `ping`, which is sent last. */
async function said(bytes: string | Buffer, tools: Tool<null>[] = [echo]): Promise<Message[]> {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const server = mcpServer({
    ...{ name: 'lab', title: 'Lab', version: '1', instructions: '', tools, services: null },
    ...{ redact: (text: string) => text, log: silentLog },
  });
  await server.connect(new StdioTransport(stdin, stdout));
  ends.push(() => server.close());
  stdin.write(bytes);
  stdin.write('\n{"jsonrpc":"2.0","id":"last","method":"ping"}\n');
  let text = '';
  for await (const piece of stdout.setEncoding('utf8')) {
    text += piece;
    if (text.includes('"last"')) break;
  }
  const lines = text.trim().split('\n');
  const messages: Message[] = lines.map((line) => JSON.parse(line));
  expect(text).not.toMatch(/zod|invalid_type|"path"|defect|node_modules/i);
  return messages.filter(({ id }) => id !== 'last');
}

const request = (more: object) => JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'tools/list', ...more });
const call = (args: unknown, more: object = {}) =>
  request({ method: 'tools/call', params: { name: 'echo', arguments: args, ...more } });

describe('is done as if it were not there:', () => {
  it.each([
    ['params null', request({ params: null })],
    ['_meta null', request({ params: { _meta: null } })],
    ['a progress token that is null', request({ params: { _meta: { progressToken: null } } })],
    ['a progress token of another type', request({ params: { _meta: { progressToken: { a: 1 } } } })],
    ['a task of another type', request({ params: { _meta: { 'io.modelcontextprotocol/related-task': 1 } } })],
    ['cursor null', request({ params: { cursor: null } })],
    ['a field that JSON-RPC does not know', request({ extra: 1 })],
    ['arguments null', call(null)],
    ['a null inside of arguments', call({ name: null, inner: { size: null }, either: null })],
    ['the arguments as text', call('{"count":1}')],
    ['a byte order mark', `\uFEFF${request({})}`],
    ['a carriage return', `${request({})}\r`],
    ['blank lines', `\n  \n${request({})}\n`],
  ])('%s', async (_what, line) => {
    const [answer, ...more] = await said(line);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ id: 7, result: {} });
    expect(answer?.result?.isError).toBeUndefined();
  });
});

it.each([
  [
    { count: '5', sure: 'true' },
    { count: 5, sure: true },
  ],
  [
    { count: ' 5 ', sure: 'False' },
    { count: 5, sure: false },
  ],
  [{ name: '5' }, { name: '5' }],
  [{ either: '5' }, { either: 5 }],
  [{ either: ['1', 2] }, { either: [1, 2] }],
  [{ inner: { size: '3', label: '4' } }, { inner: { size: 3, label: '4' } }],
  [{ either: '[1, 2]' }, { either: [1, 2] }],
  [{ inner: '{"size":3,"label":"[4]"}' }, { inner: { size: 3, label: '[4]' } }],
  [{ name: '[1, 2]' }, { name: '[1, 2]' }],
  [{ settings: '{"b":"5"}' }, { settings: { b: '5' } }],
  [{ count: 5, task_progress: '- [x] asked' }, { count: 5 }],
  [{ settings: { a: null, b: '5' } }, { settings: { a: null, b: '5' } }],
])('arguments %j are taken as %j', async (args, meant) => {
  const [answer] = await said(call(args));
  expect(answer?.result?.structuredContent?.got).toMatchObject(meant);
});

it.each([
  [{ count: 'five' }, '"count" must be'],
  [{ count: '0x5' }, '"count" must be'],
  [{ count: '55' }, '"count": too big'],
  [{ sure: 'yes' }, '"sure" must be true or false'],
  [{ name: 5 }, '"name" must be text'],
  [{ nmae: null }, 'there is no field "nmae"'],
  [{ nmae: 1, task_progress: '- [x] asked' }, 'there is no field "nmae"'],
  [{ settings: '{"b":' }, '"settings" must be an object'],
  [{ settings: '[1]' }, '"settings" must be an object'],
])('arguments %j are refused in words', async (args, words) => {
  const [answer] = await said(call(args));
  expect(answer?.result).toMatchObject({ isError: true });
  expect(answer?.result?.content?.[0]?.text).toContain(words);
});

describe('is answered with an error:', () => {
  const [PARSE, INVALID, PARAMS, UNKNOWN] = [-32700, -32600, -32602, -32601];
  it.each<[what: string, line: string | Buffer, id: unknown, code: number]>([
    ['a comma too much', '{"jsonrpc":"2.0","id":7,"method":"ping",}', 7, PARSE],
    ['a brace too few', '{"jsonrpc":"2.0","id":"seven","method":"ping","params":{', 'seven', PARSE],
    ['the id behind the damage', '{"jsonrpc":"2.0","params":{"a":nope},"id":7}', 7, PARSE],
    ['no JSON at all', 'hello', null, PARSE],
    ['bytes that are no text', Buffer.from(`${request({ extra: 'é' })}`, 'latin1'), 7, PARSE],
    ['no version of JSON-RPC', '{"id":7,"method":"ping"}', 7, INVALID],
    ['another version', '{"jsonrpc":"1.0","id":7,"method":"ping"}', 7, INVALID],
    ['no method', '{"jsonrpc":"2.0","id":7}', 7, INVALID],
    ['a method that is no text', '{"jsonrpc":"2.0","id":7,"method":5}', 7, INVALID],
    ['an id that is null', request({ id: null }), null, INVALID],
    ['an id that is a list', request({ id: [] }), null, INVALID],
    ['an id that is half', request({ id: 7.5 }), 7.5, INVALID],
    ['an empty batch', '[]', null, INVALID],
    ['a number', '5', null, INVALID],
    ['params as a list', request({ params: ['a'] }), 7, PARAMS],
    ['arguments as a list', call([1]), 7, PARAMS],
    ['a call without a name', request({ method: 'tools/call', params: {} }), 7, PARAMS],
    ['a cursor that is a number', request({ params: { cursor: 5 } }), 7, PARAMS],
    ['a greeting without a version', request({ method: 'initialize', params: null }), 7, PARAMS],
    ['an unknown method', request({ method: 'tools/lost' }), 7, UNKNOWN],
    [
      'a deep nest that is whole',
      call({ settings: 0 }).replace('0}', `${'['.repeat(60_000)}${']'.repeat(60_000)}}`),
      7,
      INVALID,
    ],
    ['a deep nest', `{"jsonrpc":"2.0","id":7,"params":${'['.repeat(100_000)}`, null, PARSE],
  ])('%s', async (_what, line, id, code) => {
    const [answer, ...more] = await said(line);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({ id, error: { code } });
  });
});

it('every request of a batch is answered by itself', async () => {
  const broken = '{"jsonrpc":"2.0","id":2,"method":5}';
  const answers = await said(`[${request({ id: 1, method: 'ping' })},${broken},3,${request({ id: 4 })}]`);
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  expect(byId.get(1)).toMatchObject({ result: {} });
  expect(byId.get(2)).toMatchObject({ error: { code: -32600 } });
  expect(byId.get(null)).toMatchObject({ error: { code: -32600 } });
  expect(byId.get(4)).toMatchObject({ result: { tools: [{ name: 'echo' }] } });
});

it.each(['head', 'tail'])(
  'a line of 12 MB is refused by its id at the %s, and the next one is read',
  async (where) => {
    const filling = `"params":{"a":"${'x'.repeat(12_000_000)}"}`;
    const id = '"id":7';
    const [first, last] = where === 'head' ? [id, filling] : [filling, id];
    const [answer, ...more] = await said(`{"jsonrpc":"2.0","method":"ping",${first},${last}}`);
    expect(more).toEqual([]);
    expect(answer).toMatchObject({
      id: 7,
      error: { code: -32600, message: expect.stringContaining('10 MiB') },
    });
  },
);

it('nobody is answered who does not wait: notifications and answers, however odd', async () => {
  const lines = [
    '{"jsonrpc":"2.0","method":"notifications/initialized","params":null}',
    '{"jsonrpc":"2.0","id":null,"method":"notifications/cancelled","params":{"requestId":null}}',
    '{"jsonrpc":"2.0","method":"notifications/progress","params":[]}',
    '{"jsonrpc":"2.0","id":900,"result":null}',
    '{"jsonrpc":"2.0","id":null,"result":{}}',
  ];
  expect(await said(lines.join('\n'))).toEqual([]);
});

it('a message is whole however its bytes arrive', async () => {
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const transport = new StdioTransport(stdin, stdout);
  const seen: unknown[] = [];
  transport.onmessage = (message) => seen.push(message);
  await transport.start();
  for (const byte of Buffer.from(`${request({ method: 'ü', params: { a: '😀' } })}\n`))
    stdin.write(Buffer.of(byte));
  await expect.poll(() => seen).toEqual([{ jsonrpc: '2.0', id: 7, method: 'ü', params: { a: '😀' } }]);
  await transport.close();
});
