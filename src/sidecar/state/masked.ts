/** Settings without the secrets that people write into them, masked on the machine already: none leaves it. */
import { isPatch, type Patch } from '../../core/patch.ts';

const TELLING = 'token|key|secret|passw|passphrase|credential|authorization|cookie|bearer';
const NAMED = new RegExp(`${TELLING}|^pass$`, 'i');
const FLAG = new RegExp(`^--?[^=]*(?:${TELLING})`, 'i');
const QUERY = new RegExp(`([?&][^=&#]*(?:${TELLING})[^=&#]*=)([^&#]*)`, 'gi');
/** Of these nobody gives to anything but a secret. */
const PLAIN = /token|secret|passw|passphrase|credential|authorization|cookie|bearer|^pass$|api[-_]?key/i;
/** Whose every value may be one. */
const SECRETIVE = new Set(['env', 'vars', 'headers']);
const SET = '[set]';

/** Takes note of what is hidden. @param named how telling the name is under which it stands. */
type Note = (value: string, named: 'plainly' | 'perhaps') => void;
const nobody: Note = () => {};

/** Every plain string under a telling name, each variable and header, and what addresses and arguments carry. */
export function masked(settings: Patch): Patch {
  return fields(settings, false, nobody);
}

/**
 * What `masked` hides and that is a secret by its name or its look. What only might be one, as a variable's `production` or the
 * key of a session, is a word that stands in many texts and would be masked in all of them.
 */
export function openSecrets(settings: Patch): string[] {
  const found: string[] = [];
  fields(settings, false, (value, named) => {
    const secret = value.replace(/^(?:Bearer|Basic|Token) +/i, '');
    if (!/^\$\{\w+\}$/.test(secret) && (named === 'plainly' || looksRandom(secret))) found.push(secret);
  });
  return found;
}

/** @param all whether each value may be one, whatever its name. */
function fields(object: Patch, all: boolean, note: Note): Patch {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      SECRETIVE.has(name) && isPatch(value)
        ? fields(value, true, note)
        : hidden(value, all || NAMED.test(name), (one, named) =>
            note(one, PLAIN.test(name) ? 'plainly' : named),
          ),
    ]),
  );
}

function hidden(value: unknown, secret: boolean, note: Note): unknown {
  if (typeof value === 'string') {
    if (!secret) return withoutCarried(value, note);
    note(value, 'perhaps');
    return SET;
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => hidden(item, secret || isBareFlag(value[index - 1]), note));
  }
  return isPatch(value) ? fields(value, false, note) : value;
}

/** A word of a language has no digits in it, a version or a model's name no long runs. */
export function looksRandom(value: string): boolean {
  const runs = value.match(/[A-Za-z0-9]{12,}/g) ?? [];
  return runs.some((run) => /\d/.test(run) && /[A-Za-z]/.test(run));
}

const isBareFlag = (item: unknown) => typeof item === 'string' && !item.includes('=') && FLAG.test(item);

/** An address without its login and telling parameters, an argument without its value. */
export function withoutCarried(text: string, note: Note = nobody): string {
  const set = (before: string, value: string) => {
    note(value, 'plainly');
    return `${before}${SET}`;
  };
  if (FLAG.test(text)) return text.replace(/(=)(.*)$/s, (_, before, value) => set(before, value));
  if (!text.includes('://')) return text;
  return text
    .replace(/(:\/\/)([^/?#@]*)(?=@)/g, (_, before, login: string) => set(before, login.replace(/^.*?:/, '')))
    .replace(QUERY, (_, before, value) => set(before, value));
}
