/** Our sentences as a person in a terminal needs them: tools and their fields are commands and flags there. */
import { DIFFERENCES, kebab, OTHER_FLAGS } from './table.ts';

export const PROGRAM = 'openclaw-dedalus-mcp';

// "chat with machine_id "x" and session "y"", as our sentences name a next call with its arguments.
const CALL = /\b([a-z]+(?:_[a-z]+)+|chat|files) with ((?:(?:, | and )?[a-z_]+ "[^"\s]*")+)/g;
const FIELDS_ARE = /\bCall ([a-z_]+) again; its fields are [^.]*\./g;
// Where a setting goes: a command is started anew each time, by the person who reads this.
const SETTING =
  /\b(?:in (?:this|the) server's environment(?: and restart (?:it|the server))?|where the server starts)/g;
const ARGUMENT = /([a-z_]+) "([^"\s]*)"/g;

/**
 * @param text our own words only
 * @param program how the person starts it
 */
export function inCommandWords(text: string, program: string = PROGRAM): string {
  return (
    text
      .replace(FIELDS_ARE, (_, tool: string) => {
        const name = DIFFERENCES[tool]?.name ?? kebab(tool);
        return `Run \`${program} ${name} --help\` to see its flags.`;
      })
      .replace(CALL, (call, tool: string, args: string) => calledAs(program, tool, args) ?? call)
      .replace(/\b[a-z]+(?:_[a-z]+)+\b/g, (word) => wordFor(word))
      .replace(SETTING, "in this shell's environment")
      // To be typed as it stands.
      .replace(
        /\b([Cc]all) (?:`([a-z-]+)`|(chat|files|history)\b)/g,
        (_, call, tool, plain) => `${call} \`${program} ${tool ?? plain}\``,
      )
      .replaceAll(/\bCall (?=`)/g, 'Run ')
      .replaceAll(/\bcall (?=`)/g, 'run ')
  );
}

function calledAs(program: string, tool: string, args: string): string | undefined {
  const known = DIFFERENCES[tool];
  if (known === undefined) return undefined;
  const words = [...args.matchAll(ARGUMENT)].map(([, field = '', value = '']) =>
    known.words?.includes(field) ? value : `--${flagOf(field)} ${value}`,
  );
  return `\`${[program, known.name, ...words].join(' ')}\``;
}

/** Plain words with a dash below in them are left as they are. */
function wordFor(word: string): string {
  const tool = DIFFERENCES[word];
  if (tool !== undefined) return `\`${tool.name}\``;
  if (word === 'operation_id') return 'operation';
  if (word === 'local_path') return 'its path on this computer';
  return FIELDS.has(word) ? `--${flagOf(word)}` : word;
}

const FIELDS = new Set(['machine_id', 'wait_seconds', 'openclaw_version', 'memory_mib', 'storage_gib']);

function flagOf(field: string): string {
  return OTHER_FLAGS[field]?.flag ?? kebab(field);
}
