/** An MCP client written from the protocol alone: lines of JSON over a child's stdin and stdout, nothing of any SDK. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { watch } from './no-defects.ts';

export const BIN = new URL('../../dist/openclaw-dedalus-mcp.js', import.meta.url).pathname;

export type Message = Record<string, unknown>;

export interface RawResult {
  isError?: boolean;
  content: { type: string; text: string }[];
  structuredContent?: Message;
}

export class RawClient {
  readonly child: ChildProcess;
  /** Everything the server wrote on stdout, line by line. */
  readonly lines: string[] = [];
  readonly notifications: Message[] = [];
  stderr = '';
  readonly #waiting = new Map<number, { resolve(message: Message): void; reject(error: Error): void }>();
  #id = 0;

  /** @param env the whole environment of the server, as a client would configure it. */
  constructor(args: readonly string[], env: Record<string, string>, node = process.execPath) {
    this.child = spawn(node, [BIN, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'], cwd: env.HOME ?? '/' });
    if (!this.child.stdout || !this.child.stderr) throw new Error('the server has no streams');
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#receive(line));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += watch(text);
    });
    this.child.stdin?.on('error', () => {});
    this.child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`the server ended (${code ?? signal}): ${this.stderr}`));
      }
      this.#waiting.clear();
    });
  }

  send(message: Message): void {
    this.child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  }

  /** The whole answer, with `result` or `error`. */
  request(method: string, params: Message = {}): Promise<Message> {
    const id = ++this.#id;
    const answered = new Promise<Message>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.send({ id, method, params });
    return answered;
  }

  async initialize(): Promise<Message> {
    const answer = await this.request('initialize', {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'raw', version: '1' },
    });
    this.send({ method: 'notifications/initialized' });
    return answer;
  }

  async call(name: string, args: Message = {}, progressToken?: string): Promise<RawResult> {
    const meta = progressToken === undefined ? {} : { _meta: { progressToken } };
    const answer = await this.request('tools/call', { name, arguments: args, ...meta });
    if (!isResult(answer.result)) throw new Error(`tools/call ${name}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /** Follows `running` with get_operation until it ends; returns the structured content. */
  async finish(name: string, args: Message = {}, progressToken?: string): Promise<Message> {
    let result = await this.call(name, args, progressToken);
    while (result.structuredContent?.status === 'running') {
      const { operation_id } = result.structuredContent;
      result = await this.call('get_operation', { operation_id }, progressToken);
    }
    if (result.isError || !result.structuredContent)
      throw new Error(result.content.map((c) => c.text).join('\n'));
    return result.structuredContent;
  }

  /** Closes stdin, as a client that goes away, and waits for the end. */
  async close(): Promise<number | null> {
    const ended = once(this.child, 'exit');
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    this.child.stdin?.end();
    await ended;
    return this.child.exitCode;
  }

  #receive(line: string): void {
    this.lines.push(watch(line));
    const message: Message = JSON.parse(line);
    const waiting = typeof message.id === 'number' ? this.#waiting.get(message.id) : undefined;
    if (!waiting) {
      this.notifications.push(message);
      return;
    }
    this.#waiting.delete(Number(message.id));
    waiting.resolve(message);
  }
}

function isResult(value: unknown): value is RawResult {
  return typeof value === 'object' && value !== null && 'content' in value && Array.isArray(value.content);
}
