/** The clients that the server can be installed in: where each keeps its settings, and how an entry looks there. */
import { posix, win32 } from 'node:path';
import { type Place, SERVER_NAME, type ServerEntry } from './entry.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface ClientSettings {
  format: 'json' | 'toml';
  /** The client reads JSON5 as well. */
  json5?: true;
  /** Where the entry goes, from the root. */
  path: readonly string[];
  value: JsonObject;
  /** VS Code asks for these when the server first starts; they stand beside the servers. */
  inputs?: readonly JsonObject[];
}

export interface ClientDefinition {
  id: string;
  title: string;
  /** The file of the user's own settings. */
  file(place: Place): string;
  settings(entry: ServerEntry): ClientSettings;
  /** What is left to the user. */
  hint: string;
  /** What its own parser does not take; it then drops the whole file, other servers too. */
  refuses?: readonly ('mark' | 'comments')[];
}

const SHELL_HINT =
  'Set the keys in the environment that you start it from, or run `openclaw-dedalus-mcp login`.';
// Above every wait of ours (45 s), below what people put up with.
const CALL_SECONDS = 300;

export const CLIENTS: readonly ClientDefinition[] = [
  {
    id: 'claude-code',
    title: 'Claude Code',
    file: (place) => path(place).join(place.env.CLAUDE_CONFIG_DIR || place.home, '.claude.json'),
    // Without the ":-" an unset variable is an error of the whole file.
    settings: (entry) => stdio('mcpServers', entry, (key) => `\${${key}:-}`, { type: 'stdio' }),
    hint: SHELL_HINT,
  },
  {
    id: 'claude-desktop',
    title: 'Claude Desktop',
    file: (place) => path(place).join(appData(place), 'Claude', 'claude_desktop_config.json'),
    settings: (entry) => stdio('mcpServers', entry, () => ''),
    hint: 'It knows no references: run `openclaw-dedalus-mcp login`, or write the keys between the quotes. Then restart it.',
    refuses: ['mark', 'comments'],
  },
  {
    id: 'cursor',
    title: 'Cursor',
    file: (place) => path(place).join(place.home, '.cursor', 'mcp.json'),
    settings: (entry) => stdio('mcpServers', entry, (key) => `\${env:${key}}`),
    hint: SHELL_HINT,
  },
  {
    id: 'vscode',
    title: 'VS Code',
    file: (place) => path(place).join(appData(place), 'Code', 'User', 'mcp.json'),
    settings: (entry) => ({
      ...stdio('servers', entry, (key) => `\${input:${inputId(key)}}`, { type: 'stdio' }),
      inputs: entry.keys.map((key) => ({
        type: 'promptString',
        id: inputId(key),
        description: key,
        password: true,
      })),
    }),
    hint: 'It asks for the keys when the server first starts, and keeps them encrypted.',
  },
  {
    id: 'codex',
    title: 'Codex',
    file: (place) =>
      path(place).join(place.env.CODEX_HOME || path(place).join(place.home, '.codex'), 'config.toml'),
    settings: ({ command, args, keys }) => ({
      format: 'toml',
      path: ['mcp_servers', SERVER_NAME],
      value: {
        command,
        args,
        // It passes no other variable on.
        env_vars: keys,
        startup_timeout_sec: 30,
        tool_timeout_sec: CALL_SECONDS,
      },
    }),
    hint: SHELL_HINT,
  },
  {
    id: 'gemini',
    title: 'Gemini CLI',
    file: (place) => path(place).join(place.home, '.gemini', 'settings.json'),
    // It strips variables that look like keys unless the entry names them; without ":-" an unset one arrives as "$NAME".
    settings: (entry) =>
      stdio('mcpServers', entry, (key) => `\${${key}:-}`, { timeout: CALL_SECONDS * 1000 }),
    hint: SHELL_HINT,
    refuses: ['mark'],
  },
  {
    id: 'openclaw',
    title: 'OpenClaw',
    file: openclawFile,
    settings: (entry) => {
      const { value, format } = stdio('mcp', entry, (key) => `\${${key}}`, {
        // Without one it waits 1.5 s for the list of tools and 60 s for a call.
        requestTimeoutMs: CALL_SECONDS * 1000,
      });
      return { format, json5: true, value, path: ['mcp', 'servers', SERVER_NAME] };
    },
    hint: "Set the keys in the gateway's environment, for example in the .env file beside openclaw.json, or run `openclaw-dedalus-mcp login`.",
  },
];

/** @returns undefined when there is no such client. */
export function findClient(id: string): ClientDefinition | undefined {
  return CLIENTS.find((client) => client.id === id);
}

function stdio(
  section: string,
  { command, args, keys }: ServerEntry,
  reference: (key: string) => string,
  more: JsonObject = {},
): ClientSettings {
  const env = Object.fromEntries(keys.map((key) => [key, reference(key)]));
  const { type, ...rest } = more;
  return {
    format: 'json',
    path: [section, SERVER_NAME],
    value: { ...(type !== undefined && { type }), command, args, env, ...rest },
  };
}

function inputId(key: string): string {
  return key.toLowerCase().replaceAll('_', '-');
}

/** Where desktop programs keep their settings. */
function appData(place: Place): string {
  const { platform, env, home } = place;
  if (platform === 'darwin') return posix.join(home, 'Library', 'Application Support');
  if (platform === 'win32') return env.APPDATA || win32.join(home, 'AppData', 'Roaming');
  return env.XDG_CONFIG_HOME || posix.join(home, '.config');
}

function openclawFile(place: Place): string {
  const { env, home } = place;
  const folder = env.OPENCLAW_STATE_DIR || path(place).join(home, '.openclaw');
  return env.OPENCLAW_CONFIG_PATH || path(place).join(folder, 'openclaw.json');
}

function path({ platform }: Place) {
  return platform === 'win32' ? win32 : posix;
}
