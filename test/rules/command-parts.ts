/** The reference of the commands, and the list of them in the skill. */
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import type { CommandIo } from '../../src/cli/commands/io.ts';
import { toolCommands } from '../../src/cli/commands/table.ts';
import { commandLine, type OwnCommands } from '../../src/cli/program.ts';
import { systemClock } from '../../src/core/clock.ts';

/** Thrown where a command would begin: its words were understood. */
export const UNDERSTOOD = new Error('understood');

const begins = async () => {
  throw UNDERSTOOD;
};
const own: OwnCommands = {
  login: begins,
  install: begins,
  doctor: begins,
  demo: begins,
  localServe: begins,
};

const io: CommandIo = {
  stdin: new PassThrough().end('a message'),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  clock: systemClock,
  folder: () => '/nowhere',
  program: 'openclaw-dedalus-mcp',
  server: () => {
    throw UNDERSTOOD;
  },
  interruptible: () => ({ signal: new AbortController().signal, done: () => {} }),
  carryOn: () => {},
};

/** The command line of the program, whose commands only say that they were understood. */
export function understandingProgram(): Command {
  return commandLine(io, own, () => {});
}

/** Every command with its flags. */
export function commandReference(): string {
  return understandingProgram()
    .commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]))
    .map(reference)
    .join('\n\n');
}

function reference(command: Command): string {
  const help = command.createHelp();
  const path = command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name();
  const words = command.registeredArguments.map((word) => ` ${help.argumentTerm(word)}`).join('');
  const rows = [
    ...help
      .visibleArguments(command)
      .map((word) => [help.argumentTerm(word), help.argumentDescription(word)]),
    ...help
      .visibleOptions(command)
      .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ].filter(([term]) => term !== '-h, --help');
  const table = rows.map(([term = '', about = '']) => `| \`${term}\` | ${about.replaceAll('|', '\\|')} |`);
  const flags = rows.length === 0 ? [] : ['', '| | |', '|---|---|', ...table];
  return [`### \`${path}${words}\``, '', command.description(), ...flags].join('\n');
}

/** Which command is which tool. */
export function skillTable(): string {
  const rows = toolCommands.map(
    ({ name, tool }) => `| \`${name}\` | \`${tool.name}\` | ${firstSentence(tool.description)} |`,
  );
  return ['| command | tool | what it does |', '|---|---|---|', ...rows].join('\n');
}

function firstSentence(text: string): string {
  return /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;
}
