/** Runs the demo: starts a local API, a server and a client, goes through the steps, and removes all that it has made. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../../config/config.ts';
import type { Clock } from '../../core/clock.ts';
import { isAppError } from '../../core/errors.ts';
import { plainText, tail } from '../../core/text.ts';
import { keyChoice, providerKeys } from '../../openclaw/catalog/providers.ts';
import { startStandInModel } from '../../stand-in/model-server.ts';
import { INTRODUCTION } from '../../stand-in/reply.ts';
import { type ProgressOutput, ProgressView } from '../progress-view.ts';
import { type CallTool, connectDemoClient, type Outcome } from './client.ts';
import { callStep, DEMO_STEPS, type DemoStep } from './steps.ts';
import { closingTable, type StepResult, spoken, stepLine } from './view.ts';

/** A local Dedalus Machines API that the demo has started and must end. */
export interface LocalApi {
  baseUrl: string;
  apiKey: string;
  /** Ends every machine with its processes, then the API. */
  close(): Promise<void>;
}

export interface DemoIo {
  env: Environment;
  stdout: ProgressOutput;
  clock: Clock;
  /** Stops the demo at any moment; what it made is removed all the same. */
  signal: AbortSignal;
  /** How to start this program as an MCP server on stdio. */
  server: { command: string; args: readonly string[] };
  /** Starts a local API that keeps everything under `stateDir`. */
  startLocalApi(options: {
    stateDir: string;
    env: Environment;
    note: (line: string) => void;
  }): Promise<LocalApi>;
}

const INTERRUPTED = 130;
const MAX_FOREIGN = 3_000;
// A machine's last processes may still be writing when their folder is removed.
const REMOVE = { recursive: true, force: true, maxRetries: 10, retryDelay: 100 } as const;
const STAND_IN_KEY = 'sk-stand-in-no-real-key';

/** Runs the demo. @returns the exit code: 0 only if every step worked, 130 when it was interrupted. */
export async function runDemo(io: DemoIo): Promise<number> {
  const expected = DEMO_STEPS.reduce((sum, step) => sum + step.expectedSeconds, 0);
  const view = new ProgressView(io.stdout, io.clock, expected);
  const cleanups: (() => Promise<void>)[] = [];
  const results: StepResult[] = [];
  let code = 0;
  try {
    const call = await setUp(io, view, cleanups);
    await runSteps(io, view, call, results);
  } catch (error) {
    code = io.signal.aborted ? INTERRUPTED : 1;
    view.line(io.signal.aborted ? 'Interrupted.' : describe(error));
  }
  view.line('Cleaning up …');
  const clean = await cleanUp(view, cleanups);
  if (results.length > 0) view.line(`\n${closingTable(results)}`);
  if (clean) view.line('\nNothing is left running, and nothing on disk.');
  return clean || code !== 0 ? code : 1;
}

async function setUp(io: DemoIo, view: ProgressView, cleanups: (() => Promise<void>)[]): Promise<CallTool> {
  view.line('OpenClaw on a local Dedalus machine, driven over MCP like any client would.');
  const env = await withModel(io, view, cleanups);
  const dir = await mkdtemp(path.join(tmpdir(), 'openclaw-demo-'));
  cleanups.push(() => rm(dir, REMOVE));
  io.signal.throwIfAborted();
  const note = (line: string) => view.line(line);
  const api = await io.startLocalApi({ stateDir: path.join(dir, 'local'), env: io.env, note });
  cleanups.push(() => api.close());
  io.signal.throwIfAborted();
  const server = {
    ...io.server,
    // Away from the folder of the caller, whose .env may name another machine or account.
    cwd: dir,
    env: {
      ...env,
      DEDALUS_BASE_URL: api.baseUrl,
      DEDALUS_API_KEY: api.apiKey,
      DEDALUS_ORG_ID: undefined,
      OPENCLAW_MCP_MACHINE_ID: undefined,
      OPENCLAW_MCP_STATE_DIR: path.join(dir, 'server'),
    },
  };
  const client = await connectDemoClient(server, io.clock, io.signal);
  cleanups.push(() => client.close());
  view.line();
  return client.call;
}

/** The environment with a model provider in it: the user's own, or else the stand-in. */
async function withModel(
  io: DemoIo,
  view: ProgressView,
  cleanups: (() => Promise<void>)[],
): Promise<Environment> {
  const [own] = providerKeys(io.env);
  if (own) {
    view.line(`Answers come from ${own.provider.id}, with the key in your environment.`);
    return io.env;
  }
  const model = await startStandInModel({ clock: io.clock });
  cleanups.push(() => model.close());
  view.line(`No provider key is set, so a stand-in answers: "${INTRODUCTION}"`);
  view.line(`Set ${keyChoice(3)} for real answers.`);
  return { ...io.env, ANTHROPIC_API_KEY: STAND_IN_KEY, ANTHROPIC_BASE_URL: model.url };
}

async function runSteps(
  io: DemoIo,
  view: ProgressView,
  call: CallTool,
  results: StepResult[],
): Promise<void> {
  let machineId = '';
  let before: Outcome | undefined;
  for (const step of DEMO_STEPS) {
    io.signal.throwIfAborted();
    before = await runStep(io, view, step, call, { machineId, before }, results);
    machineId ||= before.machine_id ?? '';
  }
}

async function runStep(
  { clock, signal }: DemoIo,
  view: ProgressView,
  step: DemoStep,
  call: CallTool,
  { machineId, before }: { machineId: string; before: Outcome | undefined },
  results: StepResult[],
): Promise<Outcome> {
  const begun = clock.elapsed();
  const finish = (ok: boolean, detail: string) => {
    const result = {
      title: step.title,
      seconds: (clock.elapsed() - begun) / 1000,
      ok,
      detail: plainText(detail),
    };
    results.push(result);
    view.line(stepLine(result));
  };
  try {
    const outcome = await view.during(step.title, step.expectedSeconds, (stage) =>
      callStep(step, call, machineId, before, stage),
    );
    const detail = step.check(outcome);
    finish(true, detail);
    if (step.question !== undefined) {
      view.line(spoken('you', step.question));
      view.line(spoken('assistant', outcome.reply ?? ''));
    }
    return outcome;
  } catch (error) {
    finish(false, signal.aborted ? 'interrupted' : 'failed');
    throw error;
  }
}

/** Undoes everything, newest first, also after one of them failed. @returns whether all of it is gone. */
async function cleanUp(view: ProgressView, cleanups: (() => Promise<void>)[]): Promise<boolean> {
  let clean = true;
  for (const undo of cleanups.reverse()) {
    try {
      await undo();
    } catch (error) {
      clean = false;
      view.line(`Cleaning up failed: ${describe(error)}`);
    }
  }
  return clean;
}

function describe(error: unknown): string {
  if (!isAppError(error)) return error instanceof Error ? error.message : String(error);
  const next = error.next === undefined ? '' : `\nNext: ${error.next}`;
  const foreign = error.foreign === undefined ? '' : `\n${tail(plainText(error.foreign), MAX_FOREIGN)}`;
  return `${error.message}.${next}${foreign}`;
}
