/** A local API on a throwaway folder, spoken to over HTTP as any client would. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { systemClock } from '../../../src/core/clock.ts';
import type { FaultsRequest } from '../../../src/local/api/faults.ts';
import { type LocalServer, serveLocal } from '../../../src/local/api/serve.ts';
import type { LocalSettings } from '../../../src/local/options.ts';
import { processRuntime } from '../../../src/local/runtimes/process-runtime.ts';
import type { Runtime } from '../../../src/local/runtimes/runtime.ts';

/** JSON as a client without a schema sees it. */
export type Json = Record<string, unknown>;

export interface Reply {
  status: number;
  body: Json;
  headers: Headers;
}

// Every phase still happens, but a test does not wait for it.
const FAST = { accepted: 1, placement: 1, starting: 1, guest: 0, stopping: 1, destroying: 1 };

export const realRuntime = (): Runtime =>
  processRuntime({
    env: { PATH: process.env.PATH, SECRET_API_KEY: 'sk-host' },
    trust: { env: {}, files: [] },
  });

/** A plain client: no schema, no retries, a new Idempotency-Key per call unless one is given. */
export class Client {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly #session = randomUUID();
  #keys = 0;

  constructor(server: { baseUrl: string; apiKey: string }) {
    this.baseUrl = server.baseUrl;
    this.apiKey = server.apiKey;
  }

  async send(
    method: string,
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    const response = await fetch(this.baseUrl + url, {
      method,
      headers: {
        'x-api-key': this.apiKey,
        ...(method !== 'GET' && { 'idempotency-key': `${this.#session}-${this.#keys++}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const parsed: Json = JSON.parse((await response.text()) || '{}');
    return { status: response.status, body: parsed, headers: response.headers };
  }

  get(url: string): Promise<Reply> {
    return this.send('GET', url);
  }

  /** Any change of a machine, with the revision that generation 1 asks for. */
  async change(method: string, id: string, rest = '', body?: unknown): Promise<Reply> {
    const { headers } = await this.get(`/v1/machines/${id}`);
    const etag = headers.get('etag');
    return this.send(method, `/v1/machines/${id}${rest}`, body, etag ? { 'if-match': etag } : {});
  }

  /** A machine that runs; its id. */
  async machine(body: Json = { vcpu: 1, memory_mib: 1024, storage_gib: 10 }): Promise<string> {
    const { body: made } = await this.send('POST', '/v1/machines', body);
    const id = String(made.machine_id);
    await this.phase(id, 'running');
    return id;
  }

  /** Waits until GET shows the phase, or the record is gone for `destroyed`. */
  async phase(id: string, wanted: string): Promise<Json> {
    for (let i = 0; i < 500; i += 1) {
      const { status, body } = await this.get(`/v1/machines/${id}`);
      if (wanted === 'destroyed' && status === 404) return body;
      const seen = body.status;
      if (typeof seen === 'object' && seen !== null && 'phase' in seen && seen.phase === wanted) return body;
      await systemClock.sleep(4);
    }
    throw new Error(`machine ${id} never was ${wanted}`);
  }

  start(
    id: string,
    command: string[],
    rest: Json = {},
    headers: Record<string, string> = {},
  ): Promise<Reply> {
    return this.send('POST', `/v1/machines/${id}/executions`, { command, ...rest }, headers);
  }

  /** Waits until the execution has ended. */
  async ended(id: string, executionId: unknown): Promise<Json> {
    for (let i = 0; i < 1000; i += 1) {
      const { body } = await this.get(`/v1/machines/${id}/executions/${executionId}`);
      if (['succeeded', 'failed', 'cancelled', 'expired'].includes(String(body.status))) return body;
      await systemClock.sleep(4);
    }
    throw new Error(`execution ${executionId} never ended`);
  }

  /** Runs a shell line to its end: the execution with its output. */
  async sh(id: string, line: string, rest: Json = {}): Promise<Json> {
    const { body } = await this.start(id, ['bash', '-c', line], rest);
    const end = await this.ended(id, body.execution_id);
    const output = await this.get(`/v1/machines/${id}/executions/${body.execution_id}/output`);
    return { ...end, ...output.body };
  }
}

/** A client together with the server of this process that it talks to. */
export class LocalClient extends Client {
  readonly server: LocalServer;
  readonly stateDir: string;
  readonly #restart: () => Promise<LocalClient>;

  constructor(server: LocalServer, stateDir: string, restart: () => Promise<LocalClient>) {
    super(server);
    this.server = server;
    this.stateDir = stateDir;
    this.#restart = restart;
  }

  faults(...faults: FaultsRequest['faults']): void {
    this.server.api.faults.set({ faults });
  }

  /** A new server on the same folder. */
  async restart(): Promise<LocalClient> {
    await this.server.close();
    return this.#restart();
  }
}

/** Whether a process runs; one that has ended and was not yet collected by its parent does not. */
export function runs(pid: string): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', pid.trim()], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}

const open: LocalClient[] = [];

export async function localApi(settings: LocalSettings = {}, runtime = realRuntime()): Promise<LocalClient> {
  const stateDir = await mkdtemp(path.join(os.tmpdir(), 'local-api-'));
  const start = async (): Promise<LocalClient> => {
    const delays = { ...FAST, ...settings.delays };
    const server = await serveLocal({ stateDir, runtime, settings: { ...settings, delays } });
    const client = new LocalClient(server, stateDir, start);
    open.push(client);
    return client;
  };
  return start();
}

/** For afterEach: ends every server and removes its folder. */
export async function closeAll(): Promise<void> {
  for (const client of open.splice(0)) {
    await client.server.close();
    await rm(client.stateDir, { recursive: true, force: true });
  }
}
