/** The whole command line: the tools as commands, and what is about this computer. */
import { Argument, Command, CommanderError, Option } from 'commander';
import * as z from 'zod';
import { version } from '../../package.json';
import { chatCommand } from './commands/chat/chat.ts';
import { COMPLETIONS } from './commands/completion.ts';
import { addFlags, argumentsOf } from './commands/flags.ts';
import type { CommandIo } from './commands/io.ts';
import { type CommandFlags, runToolCommand } from './commands/run.ts';
import { EXIT } from './commands/show.ts';
import { type ToolCommand, toolCommands } from './commands/table.ts';
import { inCommandWords, PROGRAM } from './commands/words.ts';
import { CLIENTS } from './install/clients.ts';
import { printer } from './terminal.ts';

/** What is about this computer and needs no machine. */
export interface OwnCommands {
  login(names: readonly string[]): Promise<number>;
  install(client: string | undefined, flags: z.output<typeof installFlags>): Promise<number>;
  doctor(flags: z.output<typeof doctorFlags>): Promise<number>;
  demo(): Promise<number>;
  localServe(flags: z.output<typeof serveFlags>): Promise<number>;
}

const sharedFlags = z.looseObject({
  local: z.boolean().default(false),
  readOnly: z.boolean().default(false),
  tools: z.string().optional(),
});
const toolFlags = z.looseObject({
  json: z.boolean().default(false),
  wait: z.boolean().default(true),
  yes: z.boolean().default(false),
});
const installFlags = z.looseObject({
  local: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  skill: z.boolean().default(false),
  config: z.string().optional(),
});
const doctorFlags = z.looseObject({
  local: z.boolean().default(false),
  json: z.boolean().default(false),
  live: z.boolean().default(false),
  yes: z.boolean().default(false),
});
const serveFlags = z.looseObject({
  port: z.string().optional(),
  stateDir: z.string().optional(),
  runtime: z.string().optional(),
  generation: z.string().optional(),
});

/** @param ended takes the exit code of the command that ran. */
export function commandLine(io: CommandIo, own: OwnCommands, ended: (code: number) => void): Command {
  const program = new Command(PROGRAM)
    .description(`OpenClaw on Dedalus Machines, from a terminal or any MCP client (${version})`)
    .usage('[flags] [command]')
    // What stands behind the words of another program is that program's.
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError(
      `Run ${PROGRAM} --help to see every command, or a command with --help to see its flags.\nWhat begins with a dash and is no flag stands behind --, as in: chat -- "-5 degrees?"`,
    )
    .configureOutput({ writeOut: printer(io.stdout), writeErr: printer(io.stderr) })
    .configureHelp({ showGlobalOptions: true })
    .helpCommand(false)
    .addHelpText('after', AFTER);
  for (const option of sharedOptions()) program.addOption(option);
  program.commandsGroup('Assistants and their machines:');
  for (const command of toolCommands) addToolCommand(program, command, io, ended);
  program.commandsGroup('This computer:');
  addOwnCommands(program, io, own, ended);
  // They are understood before a command and behind it.
  for (const command of program.commands)
    for (const option of sharedOptions()) command.addOption(option.hideHelp());
  return program;
}

const sharedOptions = () => [
  new Option('--local', 'Machines on this computer, no account.'),
  new Option('--read-only', 'Only what changes and bills nothing.'),
  new Option('--tools <a,b,c>', 'Only these tools.'),
];

const AFTER = `
Without a command it serves MCP on stdio. First steps:
  ${PROGRAM} login            keep the keys in a file that only you can read
  ${PROGRAM} doctor           what is wrong with this setup, and what to do about it
  ${PROGRAM} deploy           then: chat "Hello!", sleep, destroy

Exit codes: 0 done, 1 it did not work, 2 wrong command, flag or setting, 3 it needs a person's yes, 130 Ctrl-C.
`;

function addToolCommand(program: Command, about: ToolCommand, io: CommandIo, ended: (code: number) => void) {
  const { tool, name } = about;
  const command = program
    .command(name)
    .summary(tool.title)
    .description(inCommandWords(tool.description))
    .option('--json', 'Print exactly the structured result.');
  addFlags(command, about);
  if (about.prints === 'what it printed') command.passThroughOptions();
  if (tool.effect === 'destroy' && tool.name === 'destroy_machine') {
    command.option('--yes', 'Do not ask: for scripts of a person who has decided.');
  }
  command.action(async () => {
    const flags: CommandFlags = {
      ...flagsOf(program, command),
      ...toolFlags.parse(command.opts()),
    };
    const args = argumentsOf(about, command);
    const runs = name === 'chat' ? chatCommand : runToolCommand;
    ended(await runs(io, flags, about, args));
  });
}

function flagsOf(program: Command, command: Command) {
  const { local, readOnly, tools } = sharedFlags.parse({ ...program.opts(), ...command.opts() });
  return { local, readOnly, tools };
}

function addOwnCommands(program: Command, io: CommandIo, own: OwnCommands, ended: (code: number) => void) {
  const local = (command: Command) => flagsOf(program, command).local;
  program
    .command('login [NAME...]')
    .description('Keep keys in a file that only you can read, instead of in the environment.')
    .action(async (names: string[]) => ended(await own.login(names)));
  const doctor = program
    .command('doctor')
    .description('What is wrong with this setup, and what to do about it.')
    .option('--json', 'Print the findings as JSON.')
    .option('--live', 'Find out on a real machine, made for it and removed, what is true of the API.')
    .option('--yes', 'With --live: do not ask.');
  doctor.action(async () =>
    ended(await own.doctor(doctorFlags.parse({ ...doctor.opts(), local: local(doctor) }))),
  );
  const install = program
    .command('install')
    .description("Write this server into a client's settings; without a client: which there are.")
    .addArgument(new Argument('[client]', 'Which one.').choices(CLIENTS.map(({ id }) => id)))
    .option('--dry-run', 'Show what would be written.')
    .option('--skill', 'For claude-code: a skill that uses the commands, instead of the server.')
    .option('--config <file>', "Instead of the client's usual file.");
  install.action(async (client?: string) =>
    ended(await own.install(client, installFlags.parse({ ...install.opts(), local: local(install) }))),
  );
  program
    .command('demo')
    .description('Deploy, chat, sleep, wake, destroy: once, on this computer.')
    .action(async () => ended(await own.demo()));
  const serve = program
    .command('local')
    .description('The local Dedalus Machines API.')
    .command('serve')
    .description('Serve it in the foreground.')
    .option('--port <n>', 'A free one unless told.')
    .option('--state-dir <dir>', 'Where its machines live.')
    .option('--runtime <kind>', 'namespace or process.')
    .option('--generation <n>', "Which of the API's generations: 1, 2 or 3.");
  serve.action(async () => ended(await own.localServe(serveFlags.parse(serve.opts()))));
  program
    .command('completion')
    .description('Print the completion script of a shell.')
    .addArgument(new Argument('<shell>', 'Which one.').choices(Object.keys(COMPLETIONS)))
    .action((shell: string) => {
      io.stdout.write(COMPLETIONS[shell] ?? '');
      ended(EXIT.done);
    });
}

/** Runs what the words ask for. @returns the exit code. @throws what a command says is wrong. */
export async function runProgram(words: readonly string[], io: CommandIo, own: OwnCommands): Promise<number> {
  let code: number = EXIT.done;
  const program = commandLine(io, own, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync([...words], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.wrong;
  }
}
