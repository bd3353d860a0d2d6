/** An MCP server over stdio with the tools that the demo calls, telling its story as the environment asks. */
import { appendFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';

const { DEMO_TEST_LOG: log, DEMO_TEST_FAULT: fault } = process.env;
const server = new McpServer({ name: 'demo-test', version: '1.0.0' });
const machine = { machine_id: 'm-1' };
let heard = '';

const answers = {
  deploy_openclaw: () => ({ status: 'running', operation_id: 'deploy_1', stage: 'install' }),
  get_operation: () => ({
    ...machine,
    status: 'ready',
    openclaw_version: '2026.9.6',
    node_version: '24.21.0',
    model: 'anthropic/x',
  }),
  chat: ({ message }) => {
    heard += message;
    return { status: 'done', reply: fault === 'forgets' ? 'Who are you?' : `You told me: ${heard}` };
  },
  list_sessions: () => ({ ...machine, sessions: [{ key: 'agent:main:demo' }] }),
  read_logs: () => ({ ...machine, lines: [{ text: 'ready' }] }),
  sleep_machine: () => ({ ...machine, status: 'done', phase: 'sleeping' }),
  wake_machine: () => ({ ...machine, status: 'done', phase: 'running' }),
  destroy_machine: ({ confirmation }) =>
    confirmation === 'agreed'
      ? { ...machine, status: 'done' }
      : { status: 'confirmation_needed', plan: { sessions: '1' }, confirmation: 'agreed' },
};

for (const [name, answer] of Object.entries(answers)) {
  server.registerTool(
    name,
    { inputSchema: z.looseObject({}) },
    async (input, { _meta, sendNotification }) => {
      appendFileSync(
        log,
        `${JSON.stringify({ name, input, pid: process.pid, api: process.env.DEDALUS_BASE_URL })}\n`,
      );
      for (const message of ['first stage (0 s)', 'first stage (1 s)', 'second stage: half done (1 s)']) {
        const params = { progressToken: _meta.progressToken, progress: Date.now(), message };
        if (name === 'deploy_openclaw') await sendNotification({ method: 'notifications/progress', params });
      }
      // The client drops a notification that arrives together with the answer.
      if (name === 'deploy_openclaw') await pause(30);
      if (fault === `hang ${name}`) await new Promise(() => {});
      if (fault === `fail ${name}`) {
        return { isError: true, content: [{ type: 'text', text: 'The platform refused.\u001b[31m' }] };
      }
      const structuredContent = answer(input);
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    },
  );
}
await server.connect(new StdioServerTransport());
