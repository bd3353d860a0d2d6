/**
 * What settings of OpenClaw bring from elsewhere: addresses that keys and conversations are sent to, and programs that it
 * starts. By the names of settings, so that one which no release has yet is found too.
 */
import { isPatch, type Patch } from './patch.ts';

export interface Brought {
  /** Where in the settings, as a dotted path. Foreign. */
  path: string;
  kind: 'address' | 'program';
  /** The address without login and parameters, or the program with its arguments. Foreign. */
  value: string;
}

const ADDRESS = /(?:url|uri|host|homeserver|proxy|endpoint|webhook|apiroot|server|target)$/i;
const PROGRAM = /(?:command|module|clipath|executablepath|extensionpath)$/i;
/** Lists of places that code is loaded from. */
const CODE_LISTS = /(?:^|\.)(?:plugins\.load\.paths|skills\.load\.extraDirs)$/;
/** What we set ourselves, or what only describes. */
const OURS = /^(?:gateway\.(?:bind|port|trustedProxies)|logging\.|wizard\.|meta\.)/;
const MAX_CHARS = 300;

export function broughtBy(settings: Patch): Brought[] {
  return found(settings, []);
}

function found(value: unknown, path: readonly string[]): Brought[] {
  const where = path.join('.');
  if (OURS.test(where)) return [];
  if (Array.isArray(value)) {
    if (CODE_LISTS.test(where)) return value.map((item) => one(where, 'program', String(item)));
    return value.flatMap((item, index) => found(item, [...path, `${index}`]));
  }
  if (isPatch(value)) {
    return Object.entries(value).flatMap(([name, inner]) => {
      const below = [...path, name];
      // What stands there counts as if it stood here, and is another file's.
      if (name === '$include') return included(inner).map((file) => one(below.join('.'), 'program', file));
      if (!PROGRAM.test(name) || !isCommand(inner)) return found(inner, below);
      return [one(below.join('.'), 'program', commandOf(inner, value.args))];
    });
  }
  if (typeof value !== 'string' || value === '') return [];
  const isAddress = value.includes('://') || (ADDRESS.test(path.at(-1) ?? '') && /[.:]/.test(value));
  return isAddress ? [one(where, 'address', withoutLogin(value))] : [];
}

const included = (value: unknown) => [value].flat().map((file) => `other settings in ${String(file)}`);

const isCommand = (value: unknown): value is string | unknown[] =>
  (typeof value === 'string' && value !== '') || (Array.isArray(value) && value.length > 0);

function commandOf(command: string | unknown[], args: unknown): string {
  return [command, ...(Array.isArray(args) ? args : [])].flat().map(String).join(' ');
}

const one = (path: string, kind: Brought['kind'], value: string): Brought => ({
  path: path.slice(0, MAX_CHARS),
  kind,
  value: value.slice(0, MAX_CHARS),
});

const withoutLogin = (address: string) => address.replace(/:\/\/[^/?#@]*@/, '://').replace(/[?#].*$/s, '');

/** Foreign text, to be fenced. */
export const broughtLine = ({ kind, path, value }: Brought): string => `${kind} at ${path}: ${value}`;
