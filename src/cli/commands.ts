/** The part of the program that is no server: for people in a terminal, and for the background API of this computer. */
import type { Environment } from '../config/config.ts';
import { faultError } from '../config/faults.ts';
import { completionsFor } from './commands/completion.ts';
import { type CommandIo, processIo } from './commands/io.ts';
import { demoCommand } from './demo/demo.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { liveCommand } from './doctor/live/command.ts';
import { processEnvironment } from './environment.ts';
import { installCommand } from './install/install.ts';
import { localCommand } from './local.ts';
import { loginCommand } from './login.ts';
import { commandLine, type OwnCommands, runProgram } from './program.ts';
import { printer } from './terminal.ts';

/** @returns the exit code. @throws what the command says is wrong. */
export async function runCommand(words: readonly string[]): Promise<number> {
  const io = processIo();
  // What a shell asks while somebody types; its words are unfinished, so no parser may see them.
  if (words[0] === 'complete' && words[1] === '--') return complete(words.slice(2), io);
  return runProgram(words, io, own);
}

async function complete(words: readonly string[], io: CommandIo): Promise<number> {
  const found = await completionsFor(
    commandLine(io, own, () => {}),
    words,
    io,
  );
  printer(io.stdout)(found.map((one) => `${one}\n`).join(''));
  return 0;
}

const own: OwnCommands = {
  login: (names) => loginCommand(names, { env: process.env, stdin: process.stdin, stdout: process.stdout }),
  install: (client, flags) => installCommand({ ...flags, client }, process.env),
  doctor: (flags) => (flags.live ? liveCommand(processIo(), flags) : doctorCommand(flags)),
  demo: () => demoCommand(demoEnvironment()),
  localServe: (flags) => localCommand(flags, process.env),
};

/** @throws AppError `config` where a key that the demo would use, or its address, is wrong. */
function demoEnvironment(): Environment {
  const { env, faults } = processEnvironment({ local: true });
  const fault = faultError(faults, ['models']);
  if (fault !== undefined) throw fault;
  return env;
}
