/** OpenClaw as a person has it on a computer of their own: no server of ours, another home, the program of a machine here. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { systemClock } from '../../src/core/clock.ts';
import { poll } from '../../src/core/poll.ts';

const START_MS = 240_000;
const BUSY = 'state lease heartbeat did not become ready';
const reply = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) });

export interface PlainOpenClaw {
  home: string;
  /** Its command line. @returns what it printed. @throws where it fails. */
  run(...args: string[]): Promise<string>;
  /** Begins its gateway, and waits until it answers. */
  start(): Promise<void>;
  chat(message: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * @param machineHome of a machine whose release it has.
 * @param release folder of that release, as `app-2026.7.1`.
 */
export async function plainOpenClaw(
  machineHome: string,
  release: string,
  { home, token }: { home: string; token: string },
): Promise<PlainOpenClaw> {
  const ours = join(machineHome, '.openclaw-mcp');
  const node = join(ours, 'node/bin/node');
  const program = join(ours, release, 'node_modules/openclaw/openclaw.mjs');
  const port = await freePort();
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_GATEWAY_PORT: `${port}`,
    OPENCLAW_GATEWAY_TOKEN: token,
  };
  const begin = (args: string[]) =>
    spawn(node, [program, ...args], { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  let gateway: ChildProcess | undefined;
  return {
    home,
    async run(...args) {
      const child = begin(args);
      const [out, said, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close'),
      ]);
      if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}${out}`);
      return out;
    },
    async start() {
      let said = '';
      const begun = () => {
        const child = begin(['gateway', 'run', '--port', `${port}`]);
        for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
        return child;
      };
      gateway = begun();
      const wait = {
        clock: systemClock,
        what: 'the gateway',
        intervalMs: 300,
        maxIntervalMs: 1_000,
        timeoutMs: START_MS,
      };
      await poll(wait, async () => {
        if (gateway?.exitCode !== null) {
          // It gives a thread of its own five seconds, which is not enough on a computer that does much else.
          if (!said.includes(BUSY)) throw new Error(`no gateway: ${said.slice(-3_000)}`);
          said = '';
          gateway = begun();
        }
        return (await answers(port)) ? { done: true } : {};
      });
    },
    async chat(message) {
      const response = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'openclaw',
          user: 'words',
          messages: [{ role: 'user', content: message }],
        }),
      });
      return reply.parse(await response.json()).choices[0]?.message.content ?? '';
    },
    async stop() {
      if (gateway === undefined || gateway.exitCode !== null) return;
      const ended = once(gateway, 'close');
      gateway.kill('SIGTERM');
      await ended;
    },
  };
}

/** A laptop of a person who set OpenClaw up by hand, with Telegram, a skill and a soul. */
export async function furnishLaptop(
  home: string,
  { model, token }: { model: string; token: string },
): Promise<void> {
  const state = join(home, '.openclaw');
  await mkdir(join(state, 'workspace'), { recursive: true });
  await mkdir(join(state, 'skills/greet'), { recursive: true });
  await writeFile(join(state, 'workspace/SOUL.md'), '# Soul\nI come from a laptop.\n');
  const skill = '---\nname: greet\ndescription: Greets people.\n---\nSay hello.\n';
  await writeFile(join(state, 'skills/greet/SKILL.md'), skill);
  const settings = {
    gateway: {
      mode: 'local',
      bind: 'loopback',
      auth: { mode: 'token', token },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    models: {
      providers: {
        anthropic: {
          baseUrl: model,
          api: 'anthropic-messages',
          apiKey: 'sk-ant-laptop-0123456789',
          models: [],
        },
      },
    },
    agents: {
      defaults: {
        model: { primary: 'anthropic/claude-sonnet-4-6' },
        workspace: join(state, 'workspace'),
      },
    },
    // Nothing listens there.
    channels: {
      telegram: {
        enabled: true,
        botToken: '4242424242:laptop',
        apiRoot: 'http://127.0.0.1:9',
        dmPolicy: 'pairing',
      },
    },
    logging: { file: join(state, 'logs/openclaw.log') },
  };
  await writeFile(join(state, 'openclaw.json'), JSON.stringify(settings));
}

async function answers(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
