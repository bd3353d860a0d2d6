/** A command in a pseudo-terminal, typed into and read from as a person would; by util-linux's `script`. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

/** Whether this computer has a `script` that takes a command. */
export const HAS_TERMINAL = spawnSync('script', ['-qec', 'true', '/dev/null']).status === 0;

/** Why a shell is not tried, for the name of what is left out; '' where it is here. */
export function withoutShell(name: string): string {
  if (!HAS_TERMINAL) return ' (left out: no `script` here)';
  return spawnSync(name, ['--version']).status === 0 ? '' : ` (left out: no ${name} here)`;
}

export interface Terminal {
  /** Everything on the screen so far, as it came. */
  screen(): string;
  type(text: string): void;
  /** Waits until `text` has come since the last wait. */
  sees(text: string | RegExp): Promise<void>;
  /** The exit code of the command. */
  ended(): Promise<number | null>;
}

export function inTerminal(command: string, env: Readonly<Record<string, string>>, cwd: string): Terminal {
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    cwd,
    env: { TERM: 'xterm-256color', SHELL: '/bin/sh', ...env },
  });
  const exited = once(child, 'exit');
  let screen = '';
  let read = 0;
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    screen += data;
  });
  return {
    screen: () => screen,
    type: (text) => void child.stdin.write(text),
    async sees(text) {
      await expect.poll(() => screen.slice(read), { timeout: 60_000, interval: 50 }).toMatch(text);
      const came = screen.slice(read);
      const found = typeof text === 'string' ? { at: came.indexOf(text), is: text } : firstOf(came, text);
      read += found.at + found.is.length;
    },
    async ended() {
      const [code] = await exited;
      return code;
    },
  };
}

function firstOf(came: string, pattern: RegExp): { at: number; is: string } {
  const found = pattern.exec(came);
  return { at: found?.index ?? 0, is: found?.[0] ?? '' };
}
