/** What a `.env` in the folder of the start may decide: that folder may be somebody else's work. */
import type { settings } from './config.ts';

/** `keys`: only where no key comes from anywhere else, so that nothing of the person's meets a stranger's account. */
export type DotenvRule = 'taken' | 'keys' | 'ignored';

/** For every setting, with the reason that its reader is told. */
export const DOTENV_RULES: Readonly<Record<keyof typeof settings.shape, readonly [DotenvRule, string]>> = {
  DEDALUS_API_KEY: ['keys', 'decides whose account the machines, and your keys on them, belong to'],
  DEDALUS_BASE_URL: ['ignored', 'decides where the key is sent'],
  DEDALUS_ORG_ID: ['ignored', 'decides whose machines your keys go to'],
  OPENCLAW_MCP_STATE_DIR: ['ignored', 'decides where kept keys and operations are read'],
  OPENCLAW_MCP_TOOL_WAIT_MS: ['taken', 'decides only how long a call waits'],
  OPENCLAW_MCP_MACHINE_ID: ['taken', 'can only narrow what may be touched'],
  OPENCLAW_MCP_CONFIRM: ['ignored', 'decides what may be deleted unasked'],
  OPENCLAW_MCP_FILES: ['ignored', 'decides which files may leave this computer'],
  OPENCLAW_MCP_ALLOW_SETTINGS: ['ignored', 'decides what an agent may change'],
  OPENCLAW_MCP_ALLOW_INSTALL: ['ignored', 'decides what an agent may install'],
  OPENCLAW_MCP_NPM_REGISTRY: ['ignored', 'decides which programs are installed'],
  OPENCLAW_MCP_NODE_MIRROR: ['ignored', 'decides which programs are installed'],
};

export interface JudgedDotenv {
  taken: Readonly<Record<string, string>>;
  /** Names, in the file's order. */
  ignored: readonly string[];
}

/**
 * @param secrets the variables that hold keys and tokens; they count all together or not at all.
 * @param hasKeys whether any of them comes from elsewhere.
 */
export function judgeDotenv(
  found: Readonly<Record<string, string>>,
  secrets: readonly string[],
  hasKeys: boolean,
): JudgedDotenv {
  const isTaken = (name: string) =>
    secrets.includes(name)
      ? !hasKeys
      : Object.entries(DOTENV_RULES).some(([known, [rule]]) => known === name && rule === 'taken');
  const entries = Object.entries(found);
  return {
    taken: Object.fromEntries(entries.filter(([name]) => isTaken(name))),
    ignored: entries.flatMap(([name]) => (isTaken(name) ? [] : [name])),
  };
}
