/** The product's protocol ring with its own tools, and beside them those that the conformance suite calls by name. */
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import { readConfig } from '../../../src/config/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { AppError } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { redactor } from '../../../src/core/redact.ts';
import { dedalusCaller } from '../../../src/dedalus/client.ts';
import { serveCompletions } from '../../../src/mcp/completions.ts';
import { toolDefiner } from '../../../src/mcp/define-tool.ts';
import { mcpServer } from '../../../src/mcp/mcp-server.ts';
import { parseInput } from '../../../src/mcp/parse-input.ts';
import { definePrompt, servePrompts } from '../../../src/mcp/prompts.ts';
import { serveResources } from '../../../src/mcp/resources.ts';
import { prompts } from '../../../src/prompts/index.ts';
import { resources } from '../../../src/resources/index.ts';
import { assembleServer } from '../../../src/server.ts';
import { tools } from '../../../src/tools/index.ts';

const define = toolDefiner<unknown>(parseInput);
const about = {
  title: 'Fixture',
  description: 'Called by the conformance suite.',
  effect: 'read',
  idempotent: true,
  input: z.strictObject({}),
  output: z.object({}),
} as const;
const PAUSE_MS = 50;

const fixtures = [
  define({
    ...about,
    name: 'test_simple_text',
    run: async () => ({ summary: 'This is a simple text response for testing.', data: {} }),
  }),
  define({
    ...about,
    name: 'test_error_handling',
    run: async () => {
      throw new AppError('unavailable', 'This tool intentionally returns an error for testing');
    },
  }),
  define({
    ...about,
    name: 'test_tool_with_progress',
    run: async (_input, { progress, signal }) => {
      for (const percent of [0, 50, 100]) {
        progress?.({ progress: percent, message: `${percent} %` });
        await systemClock.sleep(PAUSE_MS, signal);
      }
      return { summary: 'done', data: {} };
    },
  }),
  define({
    ...about,
    name: 'test_elicitation',
    input: z.strictObject({ message: z.string() }),
    run: async ({ message }, { ask, signal }) => {
      const answer = await ask?.({ message, consent: 'Yes' }, { signal });
      return { summary: `The person ${answer ?? 'cannot be asked'}.`, data: {} };
    },
  }),
];

const promptFixtures = [
  definePrompt({
    name: 'test_simple_prompt',
    title: 'Fixture',
    description: 'Called by the conformance suite.',
    needs: [],
    arguments: z.strictObject({}),
    text: () => 'This is a simple prompt for testing.',
  }),
  definePrompt({
    name: 'test_prompt_with_arguments',
    title: 'Fixture',
    description: 'Called by the conformance suite.',
    needs: [],
    arguments: z.strictObject({ arg1: z.string(), arg2: z.string() }),
    text: ({ arg1, arg2 }) => `Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`,
  }),
];

const clock = systemClock;
// An account without machines, so that nothing depends on a network.
const fetchNothing = async () => Response.json({ items: [] });
const { services } = assembleServer({
  config: readConfig({}),
  connect: async () =>
    dedalusCaller({ apiKey: 'none', baseUrl: 'http://127.0.0.1', clock, fetch: fetchNothing }),
  providers: [],
  secrets: [],
  clock,
  writeLog: () => {},
});
const offered = [...tools, ...fixtures];
const redact = redactor([]);
const log = silentLog;
const server = mcpServer({
  name: 'openclaw-dedalus-mcp',
  title: 'Conformance',
  version: '0.0.0',
  instructions: '',
  tools: offered,
  services,
  redact,
  log,
});
serveResources(server, resources, { tools: offered, services, redact, log, clock });
servePrompts(server, [...prompts, ...promptFixtures], {
  tools: tools.map(({ name }) => name),
  fixed: undefined,
  redact,
  log,
});
serveCompletions(
  server,
  async (argument, prefix, others, waiting) =>
    resources.complete(argument, prefix, others, services, waiting),
  redact,
  log,
);
process.stdin.on('end', () => process.exit(0));
await server.connect(new StdioServerTransport());
