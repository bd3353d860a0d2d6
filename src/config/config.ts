/** Every setting of the server, read once from an environment record. */
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import envPaths from 'env-paths';
import * as z from 'zod';
import { addressFault, type Fault, faultError, isQuoted, keyFault, type Need } from './faults.ts';
import { DEFAULT_NPM_REGISTRY } from './npm-registry.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
  /** Undefined when it is not set; the server starts all the same and says so at each call. */
  dedalusApiKey: string | undefined;
  dedalusBaseUrl: string;
  dedalusOrgId: string | undefined;
  /** Folder for operations and for the local API; readable by its owner only. */
  stateDir: string;
  /** How long one tool call may wait before it answers "running", in milliseconds. */
  toolWaitMs: number;
  /** The only machine this server may touch, where one is pinned. */
  machineId: string | undefined;
  /** Whether destroying a machine needs a confirmation; false only when its owner said so. */
  confirm: boolean;
  /** Settings of OpenClaw, by path, that an agent may set although they are the person's. */
  allowedSettings: readonly string[];
  /** Whether skills and plugins may be installed by run_openclaw. */
  allowInstall: boolean;
  /** Folders of this computer that files may be saved to, and sent from, beside the one in the state folder. */
  fileFolders: readonly string[];
  /** npm registry for machines that name none of their own. */
  npmRegistry: string;
  /** A copy of Node's distribution, where the official one cannot be reached. */
  nodeMirror: string | undefined;
}

const PRODUCTION = 'https://dcs.dedaluslabs.ai';
// Shortest limit among real clients is 60 s for a call, and progress does not extend it.
const TOOL_WAIT_MS = 45_000;
const MAX_TOOL_WAIT_MS = 600_000;

// At least two names: a whole section is never meant.
const SETTING = /^[A-Za-z][\w-]*(?:\.[\w@/:[\]*-]+)+$/;

const blankIsUnset = (value: unknown) =>
  typeof value === 'string' && value.trim() === '' ? undefined : value;
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(blankIsUnset, schema.optional());

/** Every variable by name, with what it is for: also the source of the README's table and of the manifests. */
export const settings = z.object({
  DEDALUS_API_KEY: optional(
    z
      .string()
      .superRefine(check((value) => keyFault('DEDALUS_API_KEY', value)))
      .trim(),
  ).describe('Key of your Dedalus account. Needed for the cloud, not for --local.'),
  DEDALUS_BASE_URL: optional(z.string().trim().superRefine(check(baseUrlFault))).describe(
    `Address of the Machines API; https, or http on loopback. Default: ${PRODUCTION}`,
  ),
  DEDALUS_ORG_ID: optional(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9_-]+$/, 'must be an organisation id'),
  ).describe('Organisation that owns the machines. Default: the one of the key.'),
  OPENCLAW_MCP_STATE_DIR: optional(z.string().superRefine(check(folderFault)).trim()).describe(
    "Folder for operations and local machines. Default: the platform's state folder.",
  ),
  OPENCLAW_MCP_TOOL_WAIT_MS: optional(z.string().superRefine(check(waitFault)).transform(Number)).describe(
    `Longest wait of one tool call in milliseconds before it answers "running". Default: ${TOOL_WAIT_MS}`,
  ),
  OPENCLAW_MCP_MACHINE_ID: optional(
    z
      .string()
      .trim()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be a machine id'),
  ).describe('The only machine that this server may touch. Default: none is pinned.'),
  OPENCLAW_MCP_CONFIRM: optional(z.enum(['on', 'off'], 'must be on or off')).describe(
    'off: destroy_machine deletes at its first call, for automation without a person. Default: on.',
  ),
  OPENCLAW_MCP_ALLOW_SETTINGS: optional(
    z
      .string()
      .transform((text) => text.split(/[\s,]+/).filter((path) => path !== ''))
      .refine((paths) => paths.every((path) => SETTING.test(path)), 'must be paths, separated by commas'),
  ).describe(
    'Settings that name where secrets or conversations go, or what is run, and that an agent may change all the same: paths such as channels.matrix.homeserver, separated by commas. Default: none.',
  ),
  OPENCLAW_MCP_ALLOW_INSTALL: optional(z.enum(['on', 'off'], 'must be on or off')).describe(
    'on: run_openclaw may install skills and plugins from the net, each pinned to a version. Default: off.',
  ),
  OPENCLAW_MCP_FILES: optional(
    z
      .string()
      .superRefine(check(foldersFault))
      .transform((text) => foldersIn(text)),
  ).describe(
    `Folders of this computer that files may be saved to and sent from: whole paths, separated by "${delimiter}". Default: files in the state folder.`,
  ),
  OPENCLAW_MCP_NPM_REGISTRY: optional(z.string().trim().superRefine(check(sourceFault))).describe(
    "Package registry that machines install OpenClaw from. Default: npm's own.",
  ),
  OPENCLAW_MCP_NODE_MIRROR: optional(z.string().trim().superRefine(check(sourceFault))).describe(
    "Copy of Node's distribution for machines that cannot reach the official one.",
  ),
});

/** Which calls a wrong setting stops. */
const STOPS: Readonly<Record<string, readonly Need[]>> = {
  DEDALUS_API_KEY: ['cloud'],
  DEDALUS_BASE_URL: ['cloud'],
  DEDALUS_ORG_ID: ['cloud'],
  OPENCLAW_MCP_STATE_DIR: ['always'],
  OPENCLAW_MCP_TOOL_WAIT_MS: ['waiting'],
  OPENCLAW_MCP_MACHINE_ID: ['always'],
  OPENCLAW_MCP_CONFIRM: ['destroying'],
  OPENCLAW_MCP_ALLOW_SETTINGS: ['always'],
  OPENCLAW_MCP_ALLOW_INSTALL: ['always'],
  OPENCLAW_MCP_FILES: ['files'],
  OPENCLAW_MCP_NPM_REGISTRY: ['installing'],
  OPENCLAW_MCP_NODE_MIRROR: ['installing'],
};

/**
 * Reads the settings. Blank values count as unset.
 * @throws AppError `config` that lists every fault at once, by variable, without the values.
 */
export function readConfig(env: Environment): Config {
  const { config, faults } = readSettings(env);
  const error = faultError(
    faults,
    faults.flatMap(({ stops }) => stops),
  );
  if (error !== undefined) throw error;
  return config;
}

/** The settings as far as they can be read, with the default for what cannot, and what is wrong. */
export function readSettings(env: Environment): { config: Config; faults: Fault[] } {
  const faults = Object.entries(settings.shape).flatMap(([variable, schema]) => {
    const parsed = schema.safeParse(env[variable]);
    if (parsed.success) return [];
    const message = isQuoted(env[variable] ?? '')
      ? 'has quotes around it'
      : (parsed.error.issues[0]?.message ?? '');
    return [{ variable, message, stops: STOPS[variable] ?? [] }];
  });
  const wrong = new Set(faults.map(({ variable }) => variable));
  const set = settings.parse(Object.fromEntries(Object.entries(env).filter(([name]) => !wrong.has(name))));
  const config = Object.freeze({
    dedalusApiKey: set.DEDALUS_API_KEY,
    dedalusBaseUrl: set.DEDALUS_BASE_URL ?? PRODUCTION,
    dedalusOrgId: set.DEDALUS_ORG_ID,
    stateDir: set.OPENCLAW_MCP_STATE_DIR ?? defaultStateDir(),
    toolWaitMs: set.OPENCLAW_MCP_TOOL_WAIT_MS ?? TOOL_WAIT_MS,
    machineId: set.OPENCLAW_MCP_MACHINE_ID,
    confirm: set.OPENCLAW_MCP_CONFIRM !== 'off',
    allowedSettings: set.OPENCLAW_MCP_ALLOW_SETTINGS ?? [],
    allowInstall: set.OPENCLAW_MCP_ALLOW_INSTALL === 'on',
    fileFolders: set.OPENCLAW_MCP_FILES ?? [],
    npmRegistry: set.OPENCLAW_MCP_NPM_REGISTRY ?? DEFAULT_NPM_REGISTRY,
    nodeMirror: set.OPENCLAW_MCP_NODE_MIRROR,
  });
  return { config, faults };
}

/** The platform's folder for state: XDG_STATE_HOME on Linux, Application Support on macOS, LocalAppData on Windows. */
function defaultStateDir(): string {
  const paths = envPaths('openclaw-dedalus-mcp', { suffix: '' });
  // env-paths calls the XDG state folder "log", since that is what it expects there.
  return process.platform === 'linux' ? paths.log : paths.data;
}

/** Where machines get programs from: in the clear anybody on the way could change them, and the sums beside them. */
function sourceFault(value: string): string | undefined {
  const fault = addressFault(value);
  if (fault !== undefined) return fault;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || isLoopback(hostname)
    ? undefined
    : 'must be an https URL, or http on loopback';
}

function check(faultOf: (value: string) => string | undefined) {
  return (value: string, context: z.RefinementCtx): void => {
    const message = faultOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  };
}

/** What begins with "~" or with no folder at all would lie in whatever folder a client happens to start this in. */
function folderFault(raw: string): string | undefined {
  const value = raw.trim();
  if (/^~(?:[\\/]|$)/.test(value)) {
    return `begins with "~", which only a shell replaces: write the whole path, ${join(homedir(), value.slice(2))}`;
  }
  return isAbsolute(value) ? undefined : 'must be a whole path, from the root on';
}

const foldersIn = (text: string) =>
  text
    .split(delimiter)
    .map((folder) => folder.trim())
    .filter((folder) => folder !== '');

function foldersFault(raw: string): string | undefined {
  for (const folder of foldersIn(raw)) {
    const fault = folderFault(folder);
    if (fault !== undefined) return `names a folder that ${fault}`;
    if (dirname(folder) === folder) return 'names the root of a disk: name the folders that are meant';
  }
  return undefined;
}

function waitFault(value: string): string | undefined {
  const within = /^\s*\d{1,9}\s*$/.test(value) && Number(value) <= MAX_TOOL_WAIT_MS;
  return within ? undefined : `must be a number of milliseconds from 0 to ${MAX_TOOL_WAIT_MS}`;
}

function baseUrlFault(value: string): string | undefined {
  const fault = addressFault(value);
  if (fault !== undefined) return `${fault}; the usual one is ${PRODUCTION}`;
  const url = new URL(value);
  if (url.hostname === 'api.dedaluslabs.ai') return `names the model API; machines live at ${PRODUCTION}`;
  if (url.protocol === 'https:') return undefined;
  if (url.protocol === 'http:' && isLoopback(url.hostname)) return undefined;
  return 'must be https, or http on loopback, since the key travels with every request';
}

/** Whether a URL's host name is this computer itself. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
