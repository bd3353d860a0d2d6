/** The demo's MCP client: this same program over stdio, every call followed to its end. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import * as z from 'zod';
import { version } from '../../../package.json';
import type { Environment } from '../../config/config.ts';
import type { Clock } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { poll } from '../../core/poll.ts';
import { tail } from '../../core/text.ts';

/** The fields of the tools' results that the demo shows or checks. */
const outcome = z.looseObject({
  status: z.string().optional(),
  operation_id: z.string().optional(),
  machine_id: z.string().optional(),
  phase: z.string().optional(),
  stage: z.string().optional(),
  reply: z.string().optional(),
  openclaw_version: z.string().optional(),
  node_version: z.string().optional(),
  model: z.string().optional(),
  sessions: z.array(z.looseObject({ key: z.string() })).optional(),
  lines: z.array(z.looseObject({ text: z.string() })).optional(),
  plan: z.looseObject({ sessions: z.string() }).optional(),
  confirmation: z.string().optional(),
  error: z.looseObject({ message: z.string(), said: z.string().optional() }).optional(),
});
export type Outcome = z.output<typeof outcome>;

/** Calls a tool and, while it says "running", `get_operation`. @throws AppError `command_failed` when it fails. */
export type CallTool = (
  name: string,
  input: Record<string, unknown>,
  onStage: (stage: string) => void,
) => Promise<Outcome>;

export interface DemoClient {
  call: CallTool;
  /** Ends the server. */
  close(): Promise<void>;
}

export interface DemoServer {
  command: string;
  args: readonly string[];
  env: Environment;
  cwd: string;
}

// A download over a slow line; the demo must still end by itself.
const STEP_TIMEOUT_MS = 20 * 60 * 1000;
// The server answers within 45 s; the rest is for a computer that is busy.
const CALL_TIMEOUT_MS = 120_000;
const MAX_STDERR = 4_000;
// "install: 12 MB (3 s)": the seconds would make every notification another stage.
// What the assistant has written so far comes behind our words; the demo shows the whole reply at its end.
const FENCE = ' <<<';
const SECONDS = / \(\d+(?:\.\d+)? s\)$/;

/** Spawns the server and connects. `signal` ends every call. */
export async function connectDemoClient(
  server: DemoServer,
  clock: Clock,
  signal: AbortSignal,
): Promise<DemoClient> {
  const env = Object.fromEntries(
    Object.entries(server.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const transport = new StdioClientTransport({ ...server, args: [...server.args], env, stderr: 'pipe' });
  let said = '';
  transport.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString('utf8')).slice(-MAX_STDERR);
  });
  const client = new Client({ name: 'openclaw-dedalus-mcp-demo', version });
  try {
    await client.connect(transport, { signal: AbortSignal.any([signal]) });
  } catch (cause) {
    await transport.close();
    if (signal.aborted) throw signal.reason;
    throw new AppError('internal', 'The server did not start', { foreign: tail(said, MAX_STDERR), cause });
  }

  async function callOnce(name: string, input: Record<string, unknown>, onStage: (stage: string) => void) {
    const result = await client.callTool({ name, arguments: input }, undefined, {
      // One of its own for every call: the SDK never takes its listeners off again.
      signal: AbortSignal.any([signal]),
      timeout: CALL_TIMEOUT_MS,
      onprogress: ({ message = '' }) => onStage((message.split(FENCE, 1)[0] ?? '').replace(SECONDS, '')),
    });
    const text = textOf(result.content);
    if (result.isError) throw new AppError('command_failed', `${name} failed`, { foreign: text });
    const parsed = outcome.parse(result.structuredContent ?? {});
    if (parsed.status === 'failed' || parsed.status === 'cancelled') {
      throw new AppError('command_failed', `${name} ended as ${parsed.status}`, { foreign: text });
    }
    return parsed;
  }

  return {
    async call(name, input, onStage) {
      const times = { intervalMs: 0, maxIntervalMs: 0, timeoutMs: STEP_TIMEOUT_MS };
      let running: Outcome | undefined;
      return poll({ clock, what: name, ...times, signal }, async () => {
        running =
          running?.operation_id === undefined
            ? await callOnce(name, input, onStage)
            : await callOnce('get_operation', { operation_id: running.operation_id }, onStage);
        return running.status === 'running' ? {} : { done: running };
      });
    },
    close: () => client.close(),
  };
}

function textOf(content: unknown): string {
  const blocks = z.array(z.looseObject({ text: z.string().optional() })).safeParse(content);
  return blocks.success ? blocks.data.flatMap((block) => block.text ?? []).join('\n') : '';
}
