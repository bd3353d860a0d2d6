/** Which command each tool is: by rule, and by name where a person would look for it under another. */
import type { Tool } from '../../mcp/define-tool.ts';
import { tools } from '../../tools/index.ts';
import type { Services } from '../../tools/services.ts';

/** How a command differs from its tool. Whatever is not said here follows from the tool. */
export interface Difference {
  /** The command's name. */
  name: string;
  /** The fields that need no flag: what stands behind the command's name, in this order. */
  words?: readonly string[];
  /** Which fields they are, where the first of them decides that. */
  wordsOf?: Readonly<Record<string, readonly string[]>>;
  /** What is to be said about a word, where the tool's own field does not say enough. */
  wordAbout?: Readonly<Record<string, string>>;
  /** The field that names a file of this computer; relative: to where the person is. */
  localFile?: string;
  /**
   * What goes to stdout, a summary unless told: only what others wrote, as a program would want to read it; or what a
   * command of OpenClaw printed, each stream to its own.
   */
  prints?: 'what others wrote' | 'what it printed';
  /** A guess at how long it takes; only the bar's speed depends on it. */
  seconds?: number;
  /** Why it differs. */
  why: string;
}

export interface ToolCommand extends Difference {
  tool: Tool<Services>;
}

const SHORT = 'there is one object, the assistant, so the verb is enough';

/** By the tool's name. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  deploy_openclaw: { name: 'deploy', seconds: 60, why: SHORT },
  get_operation: {
    ...{ name: 'operation', words: ['operation_id'], seconds: 30 },
    why: 'the id is what every message of a wait ends with, to be pasted',
  },
  cancel_operation: { name: 'cancel', words: ['operation_id'], why: 'the id is to be pasted' },
  list_machines: { name: 'machines', why: 'what is listed says that it is listed' },
  wake_machine: { name: 'wake', seconds: 20, why: SHORT },
  sleep_machine: { name: 'sleep', seconds: 6, why: SHORT },
  gateway_status: { name: 'status', why: SHORT },
  chat: {
    ...{ name: 'chat', words: ['message'], seconds: 12 },
    wordAbout: { message: 'In quotes. Without it: a conversation on a terminal, else all of stdin.' },
    why: 'the message is what one types',
  },
  list_sessions: { name: 'sessions', why: 'what is listed says that it is listed' },
  read_session: {
    ...{ name: 'transcript', prints: 'what others wrote' },
    why: 'it prints the conversation alone, to be read or searched',
  },
  read_logs: {
    ...{ name: 'logs', prints: 'what others wrote' },
    why: 'it prints the lines alone, to be searched by other programs',
  },
  files: {
    ...{ name: 'files', words: ['action', 'path', 'local_path'], localFile: 'local_path' },
    wordsOf: {
      ...{ list: ['action', 'path'], read: ['action', 'path'], write: ['action', 'path'] },
      send: ['action', 'local_path', 'path'],
    },
    wordAbout: {
      path: 'On the machine; relative: in the workspace. With send it comes last, and may be left out.',
      local_path: 'File of this computer to save to or send; relative: to the folder where you are.',
    },
    why: 'from and to are what one types, as with cp',
  },
  run_openclaw: {
    ...{ name: 'run', words: ['args'], prints: 'what it printed', seconds: 10 },
    wordAbout: {
      args: "As it is typed for OpenClaw: cron list --json. All behind its first word is OpenClaw's, --json and --help too; flags of this program come before it.",
    },
    why: 'the words are typed as OpenClaw takes them',
  },
  repair_openclaw: { name: 'repair', seconds: 20, why: SHORT },
  configure_openclaw: { name: 'configure', seconds: 20, why: SHORT },
  upgrade_openclaw: { name: 'upgrade', seconds: 90, why: SHORT },
  backup_openclaw: { name: 'backup', seconds: 20, why: SHORT },
  destroy_machine: { name: 'destroy', seconds: 6, why: SHORT },
};

/** Fields of tools that are no flags of their commands, and why. */
export const OTHER_FLAGS: Readonly<Record<string, { flag: string; why: string }>> = {
  machine_id: { flag: 'machine', why: 'a person knows a machine by the name that deploy was given' },
  attachments: { flag: 'attach', why: 'each is given by a flag of its own, and is one' },
  wait_seconds: { flag: 'no-wait', why: 'a command waits for the end, or not at all: no client cuts it off' },
};

/** Every tool as a command, in the order of the tools. */
export const toolCommands: readonly ToolCommand[] = tools.map((tool) => ({
  ...(DIFFERENCES[tool.name] ?? { name: kebab(tool.name), why: 'the rule' }),
  tool,
}));

/** As flags and commands are written. */
export function kebab(name: string): string {
  return name.replaceAll('_', '-');
}
