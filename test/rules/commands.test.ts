/** Every tool is a command, and whatever differs between the two has its reason. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addFlags, fieldsOf } from '../../src/cli/commands/flags.ts';
import { DIFFERENCES, OTHER_FLAGS, toolCommands } from '../../src/cli/commands/table.ts';
import { inCommandWords } from '../../src/cli/commands/words.ts';
import { tools } from '../../src/tools/index.ts';
import { UNDERSTOOD, understandingProgram } from './command-parts.ts';

// What every command has beside the fields of its tool.
const SHARED = ['--json', '--yes', '--local', '--read-only', '--tools', '--help'];
const OWN = ['login', 'install', 'doctor', 'demo', 'local', 'completion', 'complete', 'help'];

it('every tool has its command, under a name of its own', () => {
  expect(toolCommands.map(({ tool }) => tool.name)).toEqual(tools.map(({ name }) => name));
  const names = toolCommands.map(({ name }) => name);
  expect(new Set([...names, ...OWN]).size).toBe(names.length + OWN.length);
});

it('every difference is one of a tool, and says why', () => {
  const known = tools.map(({ name }) => name);
  expect(Object.keys(DIFFERENCES).filter((name) => !known.includes(name))).toEqual([]);
  const silent = [...Object.values(DIFFERENCES), ...Object.values(OTHER_FLAGS)].filter(
    ({ why }) => why.length < 10,
  );
  expect(silent).toEqual([]);
});

it.each(toolCommands.map((command) => [command.name, command] as const))(
  '%s takes every field of its tool, as a flag or as its word',
  (name, about) => {
    const command = new Command(name);
    addFlags(command, about);
    const flags = command.options.map(({ long }) => long);
    const words = command.registeredArguments.map((word) => word.name());
    const { properties } = fieldsOf(about.tool);
    for (const field of Object.keys(properties)) {
      const flag = OTHER_FLAGS[field]?.flag ?? field.replaceAll('_', '-');
      if (about.words?.includes(field)) expect(words).toContain(flag);
      else expect(flags).toContain(`--${flag}`);
    }
    expect(flags.filter((flag) => SHARED.includes(flag ?? ''))).toEqual([]);
    expect(new Set(flags).size).toBe(flags.length);
    expect(command.options.filter(({ description }) => description === '')).toEqual([]);
  },
);

it('what a command says of itself names commands, not tools', () => {
  const told = tools.map(({ description }) => inCommandWords(description)).join('\n');
  expect(tools.map(({ name }) => name).filter((name) => name.includes('_') && told.includes(name))).toEqual(
    [],
  );
});

/** Every command line that a document shows, as its words. */
function shownIn(file: string): string[][] {
  const lines = [...readFileSync(file, 'utf8').matchAll(/(?<![\w/.-])openclaw-dedalus-mcp ([^`#|;&\n]*)/g)];
  return lines
    .map(([, words = '']) =>
      [...words.matchAll(/"([^"]*)"|<?(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ''),
    )
    .filter(([first = '']) => /^[a-z]/.test(first));
}

it.each(['README.md', 'skills/openclaw-dedalus/SKILL.md'])(
  'every command that %s shows is understood',
  async (file) => {
    const shown = shownIn(file);
    expect(shown.length).toBeGreaterThan(2);
    for (const words of shown) {
      const parsed = understandingProgram().parseAsync(words, { from: 'user' });
      await expect(parsed, words.join(' ')).rejects.toBe(UNDERSTOOD);
    }
  },
);
