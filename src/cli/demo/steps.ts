/** The steps of the demo: each is a tool call, and what must come of it. */
import { AppError } from '../../core/errors.ts';
import type { CallTool, Outcome } from './client.ts';

export interface DemoStep {
  title: string;
  /** A guess at how long it takes; only the bar's speed depends on it. */
  expectedSeconds: number;
  tool: string;
  /** @param machineId of the deploy; empty before it. @param before what the step before it got. */
  input: (machineId: string, before: Outcome | undefined) => Record<string, unknown>;
  /** The question of a chat, to be shown. */
  question?: string;
  /** One line on what came of it. @throws AppError when that is not what the demo promises. */
  check: (outcome: Outcome) => string;
}

const SESSION = 'demo';
const SECRET_WORD = 'turquoise';

/** In order; the first names the machine for the rest. */
export const DEMO_STEPS: readonly DemoStep[] = [
  {
    title: 'Deploy OpenClaw',
    expectedSeconds: 30,
    tool: 'deploy_openclaw',
    input: () => ({ name: 'demo' }),
    check: (outcome) => {
      expectStatus(outcome, 'ready');
      return `OpenClaw ${outcome.openclaw_version ?? '?'} on Node ${outcome.node_version ?? '?'}, model ${outcome.model ?? '?'}`;
    },
  },
  chatStep(
    'Chat: first question',
    8,
    `My favourite colour is ${SECRET_WORD}. Please keep that in mind.`,
    (reply) => expectReply(reply, ''),
  ),
  chatStep('Chat: does it remember?', 4, 'What did I tell you first in this conversation?', (reply) =>
    expectReply(reply, SECRET_WORD),
  ),
  {
    title: 'List sessions',
    expectedSeconds: 1,
    tool: 'list_sessions',
    input: onMachine,
    check: ({ sessions = [] }) => {
      if (sessions.length === 0) throw broken('the session that was just used is not listed');
      return sessions.map((session) => session.key).join(', ');
    },
  },
  {
    title: 'Read logs',
    expectedSeconds: 1,
    tool: 'read_logs',
    input: (machineId) => ({ machine_id: machineId, lines: 20 }),
    check: ({ lines = [] }) => {
      if (lines.length === 0) throw broken('the log is empty');
      return `${lines.length} lines`;
    },
  },
  {
    title: 'Put the machine to sleep',
    expectedSeconds: 4,
    tool: 'sleep_machine',
    input: onMachine,
    check: (outcome) => `phase ${expectPhase(outcome, 'sleeping')}`,
  },
  {
    title: 'Wake it',
    expectedSeconds: 12,
    tool: 'wake_machine',
    input: onMachine,
    check: (outcome) => `phase ${expectPhase(outcome, 'running')}`,
  },
  chatStep(
    'Chat: still remembers?',
    8,
    'You slept. What did I tell you before about my favourite colour?',
    (reply) => expectReply(reply, SECRET_WORD),
  ),
  {
    title: 'Ask what would be lost',
    expectedSeconds: 1,
    tool: 'destroy_machine',
    input: onMachine,
    check: (outcome) => {
      expectStatus(outcome, 'confirmation_needed');
      return `nothing lost yet; sessions: ${outcome.plan?.sessions ?? '?'}`;
    },
  },
  {
    title: 'Destroy the machine',
    expectedSeconds: 3,
    tool: 'destroy_machine',
    input: (machineId, before) => ({ machine_id: machineId, confirmation: before?.confirmation }),
    check: (outcome) => {
      expectStatus(outcome, 'done');
      return 'nothing of it is left';
    },
  },
];

/** Runs one step. */
export function callStep(
  step: DemoStep,
  call: CallTool,
  machineId: string,
  before: Outcome | undefined,
  onStage: (stage: string) => void,
): Promise<Outcome> {
  return call(step.tool, step.input(machineId, before), onStage);
}

function chatStep(
  title: string,
  expectedSeconds: number,
  question: string,
  check: (reply: string) => string,
): DemoStep {
  return {
    title,
    expectedSeconds,
    tool: 'chat',
    question,
    input: (machineId) => ({ machine_id: machineId, session: SESSION, message: question }),
    check: (outcome) => check(outcome.reply ?? ''),
  };
}

function onMachine(machineId: string) {
  return { machine_id: machineId };
}

function expectStatus(outcome: Outcome, status: string): void {
  if (outcome.status !== status) throw broken(`its status is ${outcome.status ?? 'missing'}, not ${status}`);
}

function expectPhase(outcome: Outcome, phase: string): string {
  if (outcome.phase !== phase)
    throw broken(`the machine's phase is ${outcome.phase ?? 'missing'}, not ${phase}`);
  return phase;
}

function expectReply(reply: string, word: string): string {
  if (reply.trim() === '') throw broken('the reply is empty');
  if (!reply.toLowerCase().includes(word)) throw broken(`the reply does not name ${word}, which it was told`);
  return word === '' ? `${reply.length} characters` : `it said "${word}"`;
}

function broken(what: string): AppError {
  return new AppError('command_failed', `The call succeeded, but ${what}`);
}
