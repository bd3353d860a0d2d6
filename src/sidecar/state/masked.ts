/** Settings without the secrets that people write into them, masked on the machine already: none leaves it. */
import { isPatch, type Patch } from '../../core/patch.ts';

const TELLING = 'token|key|secret|passw|passphrase|credential|authorization|cookie|bearer';
const NAMED = new RegExp(`${TELLING}|^pass$`, 'i');
const FLAG = new RegExp(`^--?[^=]*(?:${TELLING})`, 'i');
const QUERY = new RegExp(`([?&][^=&#]*(?:${TELLING})[^=&#]*=)[^&#]*`, 'gi');
/** Whose every value may be one. */
const SECRETIVE = new Set(['env', 'vars', 'headers']);
const SET = '[set]';

/** Every plain string under a telling name, each variable and header, and what addresses and arguments carry. */
export function masked(settings: Patch): Patch {
  return fields(settings, false);
}

function fields(object: Patch, all: boolean): Patch {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name,
      SECRETIVE.has(name) && isPatch(value) ? fields(value, true) : hidden(value, all || NAMED.test(name)),
    ]),
  );
}

function hidden(value: unknown, secret: boolean): unknown {
  if (typeof value === 'string') return secret ? SET : withoutCarried(value);
  if (Array.isArray(value)) {
    return value.map((item, index) => hidden(item, secret || isBareFlag(value[index - 1])));
  }
  return isPatch(value) ? fields(value, false) : value;
}

const isBareFlag = (item: unknown) => typeof item === 'string' && !item.includes('=') && FLAG.test(item);

/** An address without its login and telling parameters, an argument without its value. */
export function withoutCarried(text: string): string {
  if (FLAG.test(text)) return text.replace(/=.*$/s, `=${SET}`);
  if (!text.includes('://')) return text;
  return text.replace(/:\/\/[^/?#@]*@/g, `://${SET}@`).replace(QUERY, `$1${SET}`);
}
