/** The commands that are not the server: for people in a terminal, and for the background API of this computer. */
import type { Environment } from '../config/config.ts';
import { faultError } from '../config/faults.ts';
import { demoCommand } from './demo/demo.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { processEnvironment } from './environment.ts';
import { installCommand } from './install/install.ts';
import { localCommand } from './local.ts';
import { loginCommand } from './login.ts';

/** Flags as the command line had them, checked by the command that takes them. */
export interface CommandFlags {
  local: boolean;
  json: boolean;
  'dry-run': boolean;
  port?: string | undefined;
  'state-dir'?: string | undefined;
  runtime?: string | undefined;
  generation?: string | undefined;
  config?: string | undefined;
}

/** @returns the exit code, or undefined when there is no such command. @throws what the command says is wrong. */
export async function runCommand(words: readonly string[], flags: CommandFlags): Promise<number | undefined> {
  const [name, ...rest] = words;
  if (name === 'login') {
    const { stdin, stdout } = process;
    return loginCommand(rest, { env: process.env, stdin, stdout });
  }
  if (name === 'install') {
    const { local, config } = flags;
    return installCommand({ client: rest.join(' '), local, dryRun: flags['dry-run'], config }, process.env);
  }
  switch (words.join(' ')) {
    case 'demo':
      return demoCommand(demoEnvironment());
    case 'doctor':
      return doctorCommand({ local: flags.local, json: flags.json });
    case 'local serve': {
      const { port, runtime, generation } = flags;
      return localCommand({ port, stateDir: flags['state-dir'], runtime, generation }, process.env);
    }
    default:
      return undefined;
  }
}

/** @throws AppError `config` where a key that the demo would use, or its address, is wrong. */
function demoEnvironment(): Environment {
  const { env, faults } = processEnvironment({ local: true });
  const fault = faultError(faults, ['models']);
  if (fault !== undefined) throw fault;
  return env;
}
