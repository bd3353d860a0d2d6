/** Which settings are for the person alone: those that name where secrets or conversations go, or what is run. */

// In a word of any name on the path, whatever stands around it: `httpHost`, `homeserver`, `proxy.serverName`.
const ADDRESS = /(?<!unf)url|host|server|endpoint|proxy|webhook|callback|address|domain|relay|upstream/;
// What lies below these is sent along, or handed to a program.
const HOLDERS = new Set(['headers', 'header', 'env', 'destination', 'docker', 'ssh', 'qmd']);
// As a word of the setting's own name. Where something goes, and by which way:
const PLACES = [
  ...[
    'uri',
    'ip',
    'ips',
    'dns',
    'port',
    'target',
    'targets',
    'origin',
    'origins',
    'remote',
    'gateway',
    'network',
  ],
  ...[
    'region',
    'tenant',
    'site',
    'service',
    'recipient',
    'recipients',
    'destination',
    'audience',
    'approvers',
  ],
  // and what proves the other side.
  ...['tls', 'ssl', 'ca', 'cert', 'certificate', 'insecure', 'dangerously', 'fingerprint', 'thumbprint'],
];
// What runs, and what it reads and writes; a number or a switch of such a name (`maxFiles`) is neither.
const PROGRAMS = [
  ...[
    'command',
    'cmd',
    'cli',
    'bin',
    'bins',
    'binary',
    'executable',
    'arg',
    'args',
    'script',
    'binds',
    'cwd',
  ],
  ...['path', 'paths', 'file', 'files', 'dir', 'dirs', 'root', 'roots', 'store', 'socket', 'workdir'],
];
// Too common inside names that are harmless (`imageModel`, `keyPrefix`, `nodeId`).
const WHOLE_NAMES = ['image', 'key', 'code', 'node', 'workspace', 'workspace template'];

/** How a name is read: `apiBaseURL` is api, base, url. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/**
 * Whether a setting is the person's alone. Judged by names, so that it holds for channels and releases to come.
 * @param path the names from the top, with `[]` for an item of a list.
 * @param isText false for a number or a switch.
 */
export function isPersonal(path: readonly string[], isText: boolean): boolean {
  const names = path.filter((name) => name !== '[]').map(wordsOf);
  const own = names.at(-1) ?? [];
  return (
    names.flat().some((word) => ADDRESS.test(word) || HOLDERS.has(word)) ||
    own.some((word) => PLACES.includes(word) || (isText && PROGRAMS.includes(word))) ||
    (isText && WHOLE_NAMES.includes(own.join(' '))) ||
    // `to`, `defaultTo`: where messages are sent; not `replyToMode`.
    own.at(-1) === 'to'
  );
}

/** A setting that is the person's alone, with the value that it would get. */
export interface PersonalSetting {
  path: string;
  value: unknown;
}

/** Those of `set` that are the person's alone, each by its own path, however deep in a value it stands. */
export function personalSettings(set: Readonly<Record<string, unknown>>): PersonalSetting[] {
  return Object.entries(set).flatMap(([path, value]) => leavesOf(path.split('.'), value));
}

function leavesOf(path: readonly string[], value: unknown): PersonalSetting[] {
  const below: [string, unknown][] = Array.isArray(value)
    ? value.map((item): [string, unknown] => ['[]', item])
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
  if (below.length > 0) return below.flatMap(([name, inner]) => leavesOf([...path, name], inner));
  const isText = typeof value !== 'number' && typeof value !== 'boolean';
  return isPersonal(path, isText) ? [{ path: path.join('.'), value }] : [];
}

/** Whether the person has allowed `path`: it is one of `allowed`, or lies below one. */
export function isAllowed(path: string, allowed: readonly string[]): boolean {
  return allowed.some((each) => path === each || path.startsWith(`${each}.`));
}
