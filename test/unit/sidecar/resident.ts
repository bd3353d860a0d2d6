/** A temporary home with this computer's Node, and who answers on its socket. */
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { SIDECAR, SIDECAR_TEXT } from '../../../src/openclaw/sidecar/sidecar-bundle.ts';
import { type HomeMachine, homeMachine } from '../openclaw/home-machine.ts';

export const programs = ({ home }: HomeMachine) => join(home, '.openclaw-mcp', 'sidecar');

/** As a deploy leaves it. */
export async function machineWithNode(env: Record<string, string> = {}): Promise<HomeMachine> {
  const machine = await homeMachine(env);
  const bin = join(machine.home, '.openclaw-mcp', 'node-24.21.0', 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node'));
  await symlink('node-24.21.0', join(machine.home, '.openclaw-mcp', 'node'));
  await mkdir(programs(machine), { recursive: true, mode: 0o700 });
  return machine;
}

/** The same program under another order. @returns its hash. */
export async function plant(on: HomeMachine, order: number): Promise<string> {
  const text = SIDECAR_TEXT.replace(/^.*\n/, `// openclaw-dedalus-mcp ${order}\n// another one\n`);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  await writeFile(join(programs(on), `${hash}.mjs`), text, { mode: 0o600 });
  await rm(join(programs(on), 'main.mjs'), { force: true });
  await symlink(`${hash}.mjs`, join(programs(on), 'main.mjs'));
  return hash;
}

export const older = SIDECAR.order - 1;
export const newer = SIDECAR.order + 1;

/** What the one that runs says of itself. */
export function whoRuns(on: HomeMachine): Promise<unknown> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(programs(on), 's'), path: '/hello' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}
