/** A machine that answers whatever a test wants it to, behind the real client, on the wire of the API. */
import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { wireMachine } from './dedalus-wire.ts';

/** What a script of ours would have printed, or the machine's own program answered. */
export interface Printed {
  values?: Record<string, string>;
  blobs?: Record<string, string>;
  /** Of the machine's own program; `values` where it is left out. */
  reply?: unknown;
}

/** @param script its name, as `probe` or `read-job`, or that of a command, as `job_start`. */
export type Answers = (script: string, env: Readonly<Record<string, string>>) => Printed | string;

export interface HostileMachine {
  fetch: typeof globalThis.fetch;
  /** "METHOD path" of every request. */
  readonly asked: string[];
}

/** One machine that runs, `dm-1`. @param document what the API says of it, beside what it always says. */
export function hostileMachine(answers: Answers, document: Record<string, unknown> = {}): HostileMachine {
  const asked: string[] = [];
  const outputs = new Map<string, string>();
  const machine = { ...wireMachine('running', document), phase: 'running' };
  const answer = (method: string, path: string, body: string): unknown => {
    if (path === '/v1/machines') return { items: [machine], next_cursor: null };
    if (method === 'POST' && path.endsWith('/executions')) {
      const id = randomUUID();
      outputs.set(id, stdoutOf(answers, body));
      return { execution_id: id, status: 'succeeded', exit_code: 0, retry_after_ms: 1 };
    }
    const [, id = ''] = /\/executions\/([^/]+)\/output$/.exec(path) ?? [];
    if (id !== '') return { stdout: outputs.get(id) ?? '', stderr: '' };
    return path === '/v1/machines/dm-1' ? machine : undefined;
  };
  return {
    asked,
    async fetch(input, init) {
      const request = new Request(input, init);
      const { pathname } = new URL(request.url);
      asked.push(`${request.method} ${pathname}`);
      const json = answer(request.method, pathname, await request.text());
      return json === undefined
        ? Response.json({ error_code: 'NOT_FOUND', message: 'no such thing' }, { status: 404 })
        : Response.json(json);
    },
  };
}

function stdoutOf(answers: Answers, body: string): string {
  const { env = {} } = JSON.parse(body);
  if (env.OPENCLAW_MCP_SCRIPT === undefined || env.OPENCLAW_MCP_REPLACE !== undefined)
    return env.OPENCLAW_MCP_REQUEST_000 === undefined ? '' : answerOf(answers, env);
  const source = gunzipSync(Buffer.from(env.OPENCLAW_MCP_SCRIPT, 'base64')).toString('utf8');
  const [, name = ''] = /run_main (\w+)_main\n?$/.exec(source) ?? [];
  const printed = answers(name.replaceAll('_', '-'), env);
  if (typeof printed === 'string') return printed;
  const { values = {}, blobs = {} } = printed;
  return [
    ...Object.entries(values).map(([key, value]) => `${key}=${value}`),
    ...Object.entries(blobs).map(([key, text]) => `${key}@=${gzipSync(text).toString('base64')}`),
    'end=',
    '',
  ].join('\n');
}

/** As the machine's own program says it. */
function answerOf(answers: Answers, env: Readonly<Record<string, string>>): string {
  const request = gunzipSync(Buffer.from(env.OPENCLAW_MCP_REQUEST_000 ?? '', 'base64')).toString('utf8');
  const printed = answers(JSON.parse(request).command, env);
  if (typeof printed === 'string') return printed;
  const { values = {}, blobs = {}, reply = values } = printed;
  const { error } = values;
  const answer =
    error === undefined
      ? { is: 'reply', packed: gzipSync(blobs.reply ?? JSON.stringify(reply)).toString('base64') }
      : { is: 'error', code: error, detail: blobs.detail ?? '' };
  return `${JSON.stringify(answer)}\nend=1\n`;
}
