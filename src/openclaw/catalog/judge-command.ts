/**
 * What a list of arguments for `openclaw` would do. Read more strictly than its own parser does: words of the command first,
 * options behind them, so that no order or form of options makes it another command than the one that was judged.
 */
import { AppError } from '../../core/errors.ts';
import {
  COMMANDS,
  type CommandRule,
  READING_METHODS,
  READING_OPTIONS,
  REFUSED_OPTIONS,
  type Refusal,
} from './commands.ts';

export type CommandEffect = 'reads' | 'changes';

const WORD = /^[a-z][a-z0-9-]*$/;
const BY_ITSELF = new Set(['--version', '-V', '--help', '-h']);
const HELP = new Set(['--help', '-h']);
/** As many words as a command has at most. */
const MAX_WORDS = 3;

/**
 * @param mayInstall whether this server's owner lets code from the net be installed.
 * @throws AppError `invalid_input` with the reason, and what does it instead.
 */
export function judgeCommand(args: readonly string[], mayInstall: boolean): CommandEffect {
  const [first = '', ...rest] = args;
  if (args.length === 1 && BY_ITSELF.has(first)) return 'reads';
  if (!WORD.test(first)) {
    throw refused({
      why: 'the first argument is no command',
      instead: 'Begin with a command, as ["cron", "list", "--json"]; options come behind it.',
    });
  }
  requireNoRefusedOption(args, REFUSED_OPTIONS);
  if (first === 'help') return rest.every((word) => WORD.test(word)) ? 'reads' : noHelp();
  if (!Object.hasOwn(COMMANDS, first)) return isHelp(args) ? 'reads' : 'changes';
  const rule = COMMANDS[first] ?? { rest: 'changes' };
  if (isHelp(args) && hasParts(rule)) return 'reads';
  requireNoRefusedOption(rest, rule.options ?? {});
  for (const { like, refusal } of rule.words ?? [])
    if (rest.some((arg) => like.test(arg))) throw refused(refusal);
  if (first === 'gateway' && rest[0] === 'call') return judgeMethod(rest.slice(1));
  return judgeSubcommand(rule, rest, mayInstall);
}

function judgeSubcommand(rule: CommandRule, rest: readonly string[], mayInstall: boolean): CommandEffect {
  // What stands behind such a command is no subcommand: `docs how to`.
  if (isLeaf(rule)) return onlyReads(rest) ? 'reads' : orChange(rule);
  const words = leadingWords(rest);
  const named = (list: readonly string[] = []) =>
    list.find((one) => one !== '' && one.split(' ').every((word, at) => words[at] === word));
  if (named(rule.installs) !== undefined) return judgeInstall(rest, mayInstall);
  const reads = named(rule.reads);
  if (reads !== undefined) return onlyReads(rest.slice(reads.split(' ').length)) ? 'reads' : orChange(rule);
  if (named(rule.changes) !== undefined) return 'changes';
  if (words.length === 0 && hasParts(rule)) return judgeAlone(rule, rest);
  if (rule.rest !== 'changes') throw refused(rule.rest);
  return 'changes';
}

/** No subcommand right behind the command: one behind an option would be another command than this. */
function judgeAlone(rule: CommandRule, rest: readonly string[]): CommandEffect {
  const onlyOptions = rest.every((arg) => arg.startsWith('--') && arg !== '--');
  if (onlyOptions && rule.reads?.includes('') === true) return onlyReads(rest) ? 'reads' : orChange(rule);
  throw refused({
    why: 'its subcommand does not stand right behind it',
    instead:
      'Put the subcommand right behind the command and options behind that; write --option=value where there is no subcommand.',
  });
}

/** A reading command with an option that nobody knows to be harmless. */
function orChange({ rest }: CommandRule): CommandEffect {
  if (rest === 'changes') return 'changes';
  throw refused({
    why: 'one of its options is not known to leave it reading',
    instead: 'Call again without it.',
  });
}

/** `gateway call`: the method right behind it, and no second one. */
function judgeMethod([method = '', ...rest]: readonly string[]): CommandEffect {
  if (READING_METHODS.has(method) && onlyReads(rest)) return 'reads';
  throw refused({
    why: 'only methods that read may be called, the name right behind "gateway call"',
    instead: `Call one of ${[...READING_METHODS].join(', ')}; for the rest there are the other tools.`,
  });
}

const PINNED_PLUGIN = /^(?:clawhub:|npm:)?(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*@\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const SKILL = /^@[a-z0-9][\w.-]*\/[a-z0-9][\w.-]*$/;
const EXACT = /^\d+\.\d+\.\d+(?:-[\w.]+)?$/;
const INSTALL_OPTIONS = new Set(['--pin', '--json', '--global', '--force', '--accept-capabilities']);

/** `install NAME@VERSION`, or `install @owner/name --version VERSION`. */
function judgeInstall([, what = '', ...rest]: readonly string[], mayInstall: boolean): CommandEffect {
  if (!mayInstall) {
    throw refused({
      why: 'skills and plugins are code that others wrote, and this server may not install any',
      instead:
        "Ask the person; they allow it with OPENCLAW_MCP_ALLOW_INSTALL=on in this server's environment and restart it.",
    });
  }
  const at = rest.indexOf('--version');
  const version = at === -1 ? undefined : rest[at + 1];
  const options = at === -1 ? rest : rest.toSpliced(at, 2);
  const pinned = version === undefined ? PINNED_PLUGIN.test(what) : SKILL.test(what) && EXACT.test(version);
  if (pinned && options.every((option) => INSTALL_OPTIONS.has(option))) return 'changes';
  throw refused({
    why: 'what is installed must be of a registry and pinned to one version',
    instead:
      'Write ["plugins", "install", "NAME@1.2.3"] or ["skills", "install", "@OWNER/NAME", "--version", "1.2.3"].',
  });
}

/** Every option is one that leaves a reading command reading. */
function onlyReads(rest: readonly string[]): boolean {
  return rest.every((arg) => !arg.startsWith('-') || READING_OPTIONS.has(nameOf(arg)));
}

function requireNoRefusedOption(args: readonly string[], options: Readonly<Record<string, Refusal>>): void {
  for (const arg of args) {
    const name = nameOf(arg);
    const refusal = Object.hasOwn(options, name) ? options[name] : undefined;
    if (refusal !== undefined) throw refused({ ...refusal, why: `${name}: ${refusal.why}` });
  }
}

/** Only words, and the question for help behind them: an option before it could take it for its value. */
function isHelp(args: readonly string[]): boolean {
  return HELP.has(args.at(-1) ?? '') && args.slice(0, -1).every((word) => WORD.test(word));
}

function noHelp(): never {
  throw refused({ why: 'help takes the words of a command', instead: 'Call ["cron", "--help"].' });
}

function leadingWords(args: readonly string[]): string[] {
  const end = args.findIndex((arg) => !WORD.test(arg));
  return args.slice(0, end === -1 ? undefined : end).slice(0, MAX_WORDS);
}

const nameOf = (arg: string) => arg.split('=')[0] ?? '';
/** Whether something of it may be run from here. */
const hasParts = ({ reads, changes, installs, rest }: CommandRule) =>
  rest === 'changes' || [reads, changes, installs].some((part) => part !== undefined);
const isLeaf = ({ reads = [] }: CommandRule) => reads.length === 1 && reads[0] === '';

function refused({ why, instead }: Refusal): AppError {
  return new AppError('invalid_input', `Nothing was run: ${why}`, { next: instead });
}
