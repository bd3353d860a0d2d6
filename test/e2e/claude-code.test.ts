/** Claude Code with a scripted model deploys and chats by the skill and the commands, without the MCP server. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { INTRODUCTION } from '../../src/stand-in/reply.ts';
import { forgetSums } from '../support/bin.ts';
import { type Packed, packAndInstall } from '../support/packed.ts';
import {
  claudeProgram,
  type ScriptedModel,
  startScriptedModel,
  withoutClaude,
} from '../support/scripted-claude.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';

const run = promisify(execFile);
const KEY = 'sk-ant-claude-code-0123456789abcdef';
const CLI = 'npx -y openclaw-dedalus-mcp --local';
const why = withoutClaude();

describe.skipIf(why !== '')(`Claude Code and the skill${why}`, () => {
  let packed: Packed;
  let registry: FakeRegistry;
  let assistant: StandInModel;
  let scripted: ScriptedModel;
  let claude: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    packed = await packAndInstall();
    await forgetSums(dirname(packed.bin));
    claude = await claudeProgram(packed.dir);
    registry = await startFakeRegistry();
    assistant = await startStandInModel();
    // Claude Code hands its own provider's address on to its commands; the assistant has another one.
    const bash = (command: string) => ({
      tool: 'Bash',
      input: { command: `export ANTHROPIC_BASE_URL=${assistant.url}; ${command}`, description: 'A step' },
    });
    scripted = await startScriptedModel([
      { tool: 'Skill', input: { skill: 'openclaw-dedalus' } },
      bash(`${CLI} deploy --name my-assistant`),
      bash(`${CLI} chat --machine my-assistant "Hello! What are you?" 2>/dev/null`),
      bash(`${CLI} destroy --machine my-assistant; echo "exit $?"`),
      { says: 'It answered.' },
    ]);
    env = {
      ...packed.env,
      OPENCLAW_MCP_STATE_DIR: join(packed.dir, 'state'),
      OPENCLAW_MCP_NPM_REGISTRY: registry.url,
      OPENCLAW_MCP_NODE_MIRROR: `${registry.url}/dist`,
      npm_config_registry: registry.url,
      ANTHROPIC_API_KEY: KEY,
    };
  });

  afterAll(async () => {
    const file = join(packed.dir, 'state', 'local', 'daemon.json');
    const { pid } = JSON.parse(await readFile(file, 'utf8'));
    process.kill(pid, 'SIGTERM');
    await Promise.all([registry.close(), assistant.close(), scripted.close()]);
    await packed.remove();
  });

  it('deploys, chats, and leaves the destroy to its person', async () => {
    await run(process.execPath, [packed.bin, 'install', 'claude-code', '--skill'], { env });
    const asking = run(claude, ['-p', 'I want an assistant of my own.', '--allowedTools', 'Bash', 'Skill'], {
      cwd: packed.folder,
      env: {
        ...env,
        ANTHROPIC_BASE_URL: scripted.url,
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      },
    });
    asking.child.stdin?.end();
    const { stdout } = await asking;
    expect(stdout).toBe('It answered.\n');
    const [skill, deployed, chatted, destroyed] = scripted.results();
    expect(skill).toContain('openclaw-dedalus');
    expect(scripted.told()).toContain('By tools where the MCP server `openclaw-dedalus` is connected');
    expect(deployed).toMatch(/Deploying OpenClaw on machine \S+ is done/);
    expect(chatted).toContain(`${INTRODUCTION} You said: "Hello! What are you?"`);
    expect(destroyed).toMatch(/Nothing was destroyed yet[\s\S]*--confirmation[\s\S]*exit 3/);
    expect(scripted.told()).not.toContain(KEY);
  });
});
