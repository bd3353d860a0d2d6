/** `login`: asks for keys in a terminal, without showing them, and keeps them in a file of the owner's alone. */
import { dirname } from 'node:path';
import type { Environment } from '../config/config.ts';
import { type Credentials, parseCredentials } from '../config/secret-sources.ts';
import { AppError } from '../core/errors.ts';
import { readIfThere, writePrivate } from '../core/files.ts';
import { inStateFolder } from '../core/state-folder.ts';
import { USUAL_KEY } from '../openclaw/catalog/providers.ts';
import { credentialsFile } from './environment.ts';
import { printer } from './terminal.ts';
import { typedLine } from './typed-line.ts';

export interface LoginIo {
  env: Environment;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

const USUAL = ['DEDALUS_API_KEY', USUAL_KEY];
const NAME = /^[A-Z][A-Z0-9_]{1,80}$/;
const KEY = /^[\x21-\x7e]{8,16384}$/;

/**
 * Asks for each of these variables; a blank answer keeps what there is.
 * @param wanted the usual two when empty.
 * @throws AppError `config` without a terminal, or where the folder of the keys is not this user's own.
 */
export async function loginCommand(wanted: readonly string[], io: LoginIo): Promise<number> {
  const { env, stdin, stdout } = io;
  const odd = wanted.find((name) => !NAME.test(name));
  if (odd !== undefined) {
    throw new AppError(
      'config',
      'login takes names of variables, such as OPENAI_API_KEY; never a key itself',
    );
  }
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new AppError('config', 'login asks for keys and needs a terminal; this is none', {
      next: 'Run it in a terminal, or set DEDALUS_API_KEY or DEDALUS_API_KEY_FILE where the server starts.',
    });
  }
  const file = credentialsFile(env);
  const folder = dirname(file);
  const before = await inStateFolder(folder, () => readIfThere(file));
  const kept = before === undefined ? {} : parseCredentials(before);
  stdout.write('Keys are not shown while you type. Enter keeps what there is; "-" removes it.\n');
  const after = await answers(wanted.length === 0 ? USUAL : wanted, kept, io);
  await inStateFolder(folder, () => writePrivate(file, `${JSON.stringify(after, null, 2)}\n`));
  const held = Object.keys(after).join(', ') || 'No key';
  printer(stdout)(`${held} kept in ${file}; only you can read it. Restart the server to use it.\n`);
  return 0;
}

async function answers(names: readonly string[], kept: Credentials, io: LoginIo): Promise<Credentials> {
  const after: Credentials = { ...kept };
  for (const name of names) {
    const state = name in kept ? ' [kept]' : '';
    const given = (await hidden(`${name}${state}: `, io)).trim();
    if (given === '') continue;
    if (given === '-') delete after[name];
    else if (KEY.test(given)) after[name] = given;
    else throw new AppError('config', `This cannot be a ${name}; nothing was changed`);
  }
  return after;
}

/** One line whose characters never reach the screen. */
async function hidden(question: string, { stdin, stdout }: LoginIo): Promise<string> {
  stdout.write(question);
  const line = await typedLine(stdin);
  stdout.write('\n');
  if (line === undefined) throw new AppError('cancelled', 'Nothing was changed');
  return line;
}
