/** What the published recipe ends in when its guard fails: one more gateway on the same state. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { HomeMachine } from './home-machine.ts';

/** Resolves when it listens. */
export async function startGatewayBeside(
  machine: HomeMachine,
  port: number,
): Promise<{ ended: Promise<unknown> }> {
  const node = join(machine.home, '.openclaw-mcp', 'node', 'bin', 'node');
  const openclaw = join(machine.home, '.openclaw-mcp', 'current', 'node_modules', 'openclaw', 'openclaw.mjs');
  const child = spawn(node, [openclaw, 'gateway', 'run', '--port', `${port}`], {
    env: { ...machine.env, OPENCLAW_STATE_DIR: join(machine.home, '.openclaw') },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (String(chunk).includes('listening')) resolve();
    });
  });
  return { ended };
}
