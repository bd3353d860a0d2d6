/** What a shell offers while somebody types: commands, flags, choices and the names of machines. */
import type { Command, Option } from 'commander';
import type { CommandIo } from './io.ts';
import { namedMachines } from './machine-name.ts';
import { PROGRAM } from './words.ts';

/** How each shell asks this program; `complete -- WORDS` answers one candidate a line. */
export const COMPLETIONS: Readonly<Record<string, string>> = {
  bash: `_openclaw_dedalus_mcp() {
  local IFS=$'\\n'
  COMPREPLY=($(${PROGRAM} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _openclaw_dedalus_mcp ${PROGRAM}
`,
  zsh: `#compdef ${PROGRAM}
_openclaw_dedalus_mcp() {
  local -a candidates
  candidates=(\${(f)"$(${PROGRAM} complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a candidates
}
compdef _openclaw_dedalus_mcp ${PROGRAM}
`,
  fish: `function __openclaw_dedalus_mcp
  set -l words (commandline -opc) (commandline -ct)
  ${PROGRAM} complete -- $words[2..-1] 2>/dev/null
end
complete -c ${PROGRAM} -f -a '(__openclaw_dedalus_mcp)'
`,
};

/** @param words what stands behind the program's name, the one that is being typed last, even if it is empty. */
export async function completionsFor(
  program: Command,
  words: readonly string[],
  io: CommandIo,
): Promise<string[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = commandOf(program, before);
  const options = [...command.options, ...(command === program ? [] : program.options)];
  const open = options.find((option) => option.required && option.long === before.at(-1));
  const candidates =
    open === undefined ? nextWords(command, program, typed) : await valuesOf(open, io, before);
  return candidates.filter((one) => one.startsWith(typed));
}

function commandOf(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) command = command.commands.find((one) => one.name() === word) ?? command;
  return command;
}

function nextWords(command: Command, program: Command, typed: string): string[] {
  if (typed.startsWith('-')) {
    const own = command.options.flatMap(({ long }) => long ?? []);
    return [...own, ...program.options.flatMap(({ long }) => long ?? []), '--help'];
  }
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return [...command.commands.map((one) => one.name()), ...choices];
}

async function valuesOf(option: Option, io: CommandIo, words: readonly string[]): Promise<string[]> {
  if (option.long !== '--machine') return option.argChoices ?? [];
  const server = io.server({ local: words.includes('--local'), readOnly: true, tools: undefined });
  try {
    return [...new Set((await namedMachines(server.services)).map(({ name }) => name))];
  } catch {
    // Somebody is typing: where the machines cannot be listed, nothing is offered and no error is shown.
    return [];
  } finally {
    server.close();
  }
}
