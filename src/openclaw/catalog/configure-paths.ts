/** Which settings of OpenClaw may be given by value: what makes the assistant behave, and nothing that guards it. */
import { AppError } from '../../core/errors.ts';
import { isPatch, mergedPatch, type Patch } from '../../core/patch.ts';
import { isAllowed, type PersonalSetting, personalSettings } from './personal-settings.ts';

/** Settings below these may be changed, each because it only changes what the assistant does. */
const ALLOWED: Readonly<Record<string, string>> = {
  'agents.defaults': 'thinking, time-outs, heartbeats, compaction, sandbox',
  tools: 'which tools the assistant has, and what asks before it runs',
  channels: 'who may write, in which groups, and how replies look',
  messages: 'how messages are queued, prefixed and acknowledged',
  session: 'when a conversation begins anew',
  cron: 'scheduled work',
  skills: 'which skills are loaded',
  memory: 'how memory is kept',
  talk: 'voices',
  tts: 'voices',
  ui: 'names and colours',
  'logging.level': 'how much is logged',
  'plugins.entries.memory-core.config.dreaming': 'whether it goes over its memories at night',
};

// A secret by value would lie in this call, its record and the settings.
const SECRET_NAME =
  /token|secret|passw(?:or)?d|passphrase|credential|(?:api|private|encrypt|signing)_?key|authorization|cookie/i;
const HAVE_THEIR_OWN: Readonly<Record<string, string>> = {
  'agents.defaults.model': 'pass model or fallback_models instead',
  'agents.defaults.workspace': 'the assistant would no longer find its files',
};
const PATH = /^[A-Za-z][A-Za-z0-9_-]{0,60}(?:\.[A-Za-z0-9_@/:-]{1,80}){0,8}$/;
const MAX_VALUE_CHARS = 20_000;
/** As many as an error can name. */
const MAX_NAMED = 5;
const PROTOTYPE = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * The paths and values as one merge patch.
 * @throws AppError `invalid_input` that names the path and the reason.
 */
export function patchOf(set: Readonly<Record<string, unknown>>): Patch {
  const patch: Patch = {};
  for (const [path, value] of Object.entries(set)) {
    checkPath(path);
    checkValue(path, value);
    place(patch, path.split('.'), value);
  }
  return patch;
}

/**
 * The settings of `set` that only a person may decide on and none has allowed yet.
 * @param allowed paths that the environment of this server names.
 */
export function undecided(
  set: Readonly<Record<string, unknown>>,
  allowed: readonly string[],
): PersonalSetting[] {
  return personalSettings(set).filter(({ path }) => !isAllowed(path, allowed));
}

/** The error for them where no person could be asked, or none agreed. */
export function forThePerson(settings: readonly PersonalSetting[], why = ''): AppError {
  const paths = [...new Set(settings.map(({ path }) => path))];
  const named = paths.slice(0, MAX_NAMED).join(', ');
  return refused(
    `${named} would decide where secrets or conversations go, or what is run: that is for the person alone${why}`,
    `Leave it to the person: they set it in the Control UI, or add ${named} to OPENCLAW_MCP_ALLOW_SETTINGS in this server's environment and restart it.`,
  );
}

function checkPath(path: string): void {
  if (!PATH.test(path) || path.split('.').some((part) => PROTOTYPE.has(part))) {
    throw refused('One of the paths in set is not a path of settings', 'Write paths as tools.exec.ask.');
  }
  const own = Object.keys(HAVE_THEIR_OWN).find((each) => within(path, each));
  if (own !== undefined)
    throw refused(`${path} cannot be set by value`, `For ${own}: ${HAVE_THEIR_OWN[own]}.`);
  if (Object.keys(ALLOWED).some((allowed) => within(path, allowed)) && path !== 'channels') return;
  throw refused(
    `${path} cannot be set: it is not among the settings that only change what the assistant does`,
    `Choose a path below ${Object.keys(ALLOWED).join(', ')}.`,
  );
}

function checkValue(path: string, value: unknown): void {
  if (JSON.stringify(value).length > MAX_VALUE_CHARS) {
    throw refused(`The value of ${path} is too long`, `Keep it under ${MAX_VALUE_CHARS} characters.`);
  }
  for (const name of [...path.split('.'), ...namesIn(value)]) {
    if (PROTOTYPE.has(name)) throw refused(`The value of ${path} is no setting`, 'Pass plain JSON.');
    if (SECRET_NAME.test(name) && !/tokens$/i.test(name)) {
      throw refused(
        `${path} would hold a secret by value`,
        "Secrets come from variables of this server's environment: use provider_keys or channel.",
      );
    }
  }
  if (path === 'agents.defaults' && isPatch(value) && ('model' in value || 'workspace' in value)) {
    throw refused(
      'agents.defaults cannot bring model or workspace',
      'Pass model or fallback_models instead.',
    );
  }
}

function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  return isPatch(value) ? Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]) : [];
}

function place(patch: Patch, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    const before = patch[first];
    patch[first] = isPatch(before) && isPatch(value) ? mergedPatch(before, value) : value;
    return;
  }
  const below = patch[first];
  const inner: Patch = isPatch(below) ? below : {};
  patch[first] = inner;
  place(inner, rest, value);
}

const within = (path: string, parent: string) => path === parent || path.startsWith(`${parent}.`);

const refused = (message: string, next: string) =>
  new AppError('invalid_input', `Nothing was changed: ${message}`, { next });
