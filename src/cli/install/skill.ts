/** `install claude-code --skill`: the skill for agents with a shell, where the client looks for skills. */
import { dirname, join } from 'node:path';
import { AppError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { type InstallIo, onFile, readText, replaced, throughLinks } from './client-file.ts';
import { SERVER_NAME } from './entry.ts';

const NAME = join('skills', SERVER_NAME, 'SKILL.md');

/**
 * Writes it, or tells where it would be written. What a person has changed in it stays beside it.
 * @returns the exit code. @throws AppError `invalid_input` for a client that has no skills of this kind.
 */
export async function installSkill(client: string, dryRun: boolean, io: InstallIo): Promise<number> {
  if (client !== 'claude-code') {
    throw new AppError('invalid_input', `install ${client} has no --skill: it is for claude-code`, {
      next: 'Give the file skills/openclaw-dedalus/SKILL.md of this package to that client by hand.',
    });
  }
  const text = await packedSkill(io.program.bin);
  const { env, home } = io.place;
  const file = await throughLinks(join(env.CLAUDE_CONFIG_DIR || join(home, '.claude'), NAME));
  const before = await onFile(file, () => readText(file));
  if (before === text) io.print(`The skill is up to date: ${file}\n`);
  else if (dryRun) io.print(`The skill would be written to ${file}:\n\n${text}`);
  else io.print(await written(file, before, text, io));
  return 0;
}

async function written(file: string, before: string, text: string, { clock }: InstallIo): Promise<string> {
  const copy = await replaced(file, before, text, clock);
  return `The skill is in ${file}\n${copy === undefined ? '' : `  as it was: ${copy}\n`}`;
}

/** Beside the folder of the program, in the package and in a clone. */
async function packedSkill(bin: string): Promise<string> {
  const text = await readIfThere(join(dirname(dirname(bin)), NAME));
  if (text !== undefined) return text;
  throw new AppError('config', 'The skill does not lie beside this program', {
    next: 'Run it from the npm package: npx -y openclaw-dedalus-mcp install claude-code --skill',
  });
}
