/** Claude Code with a model that follows a script: the client is real, what the model would decide is written down. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import * as z from 'zod';

const run = promisify(execFile);

/** A call of one of the client's own tools, or the last words. */
export type Step = { tool: string; input: Record<string, unknown> } | { says: string };

export interface ScriptedModel {
  url: string;
  /** What each call of a tool came back with, in order. */
  results(): string[];
  /** Everything that the model was told, as JSON. */
  told(): string;
  close(): Promise<void>;
}

const block = z.looseObject({ type: z.string(), content: z.unknown().optional() });
const requestSchema = z.object({
  stream: z.boolean().default(false),
  tools: z.array(z.looseObject({ name: z.string().optional() })).default([]),
  messages: z.array(z.object({ content: z.union([z.string(), z.array(block)]) })).default([]),
});

/** Anthropic's Messages API, as far as Claude Code asks it. */
export async function startScriptedModel(steps: readonly Step[]): Promise<ScriptedModel> {
  let results: string[] = [];
  let told = '';
  const server = createServer(async (request, response) => {
    const asked = requestSchema.safeParse(request.method === 'POST' ? await json(request) : undefined);
    const messages = asked.data?.messages ?? [];
    // Titles and counts are asked for too, without tools.
    const working = asked.data?.tools.some(({ name }) => name === 'Bash') === true;
    if (!working) return answer(response, asked.data?.stream === true, { says: 'Nothing.' }, 0);
    told = JSON.stringify(messages);
    results = messages
      .flatMap(({ content }) => (typeof content === 'string' ? [] : content))
      .filter(({ type }) => type === 'tool_result')
      .map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
    answer(response, true, steps[results.length] ?? { says: 'Nothing is left to do.' }, results.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port }: AddressInfo = Object(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    results: () => results,
    told: () => told,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function answer(response: ServerResponse, stream: boolean, step: Step, number: number): void {
  const block =
    'says' in step
      ? { type: 'text', text: step.says }
      : { type: 'tool_use', id: `toolu_${number}`, name: step.tool, input: step.input };
  const usage = { input_tokens: 1, output_tokens: 1 };
  const about = { id: `msg_${number}`, type: 'message', role: 'assistant', model: 'scripted', usage };
  const stop_reason = 'says' in step ? 'end_turn' : 'tool_use';
  const message = { ...about, stop_reason: null, stop_sequence: null };
  if (!stream) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: [block], stop_reason }));
    return;
  }
  const event = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  event('message_start', { message: { ...message, content: [] } });
  event('content_block_start', {
    index: 0,
    content_block: { ...block, ...('says' in step ? { text: '' } : { input: {} }) },
  });
  const delta =
    'says' in step
      ? { type: 'text_delta', text: step.says }
      : { type: 'input_json_delta', partial_json: JSON.stringify(step.input) };
  event('content_block_delta', { index: 0, delta });
  event('content_block_stop', { index: 0 });
  event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage });
  event('message_stop', {});
  response.end();
}

/** Why it is not tried, for the name of what is left out; '' where it is. */
export function withoutClaude(env = process.env): string {
  return env.OPENCLAW_MCP_TEST_CLAUDE ? '' : ' (left out: 235 MB and a minute, see `npm run claude`)';
}

/** Its program: from npm, or the one that the variable names. */
export async function claudeProgram(dir: string, env = process.env): Promise<string> {
  const { OPENCLAW_MCP_TEST_CLAUDE: named = 'npm' } = env;
  if (named !== 'npm') return named;
  const folder = join(dir, 'claude-code');
  await run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '@anthropic-ai/claude-code@2']);
  return join(folder, 'node_modules', '.bin', 'claude');
}
