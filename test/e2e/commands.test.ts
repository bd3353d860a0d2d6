/** The command line as packed: a whole life on a machine of this computer, in pipes, in scripts and on a terminal. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StandInModel, startStandInModel } from '../../src/stand-in/model-server.ts';
import { INTRODUCTION } from '../../src/stand-in/reply.ts';
import { forgetSums } from '../support/bin.ts';
import { type Packed, packAndInstall } from '../support/packed.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';
import { HAS_TERMINAL, inTerminal, withoutShell } from '../support/terminal.ts';

const run = promisify(execFile);
const KEY = 'sk-ant-commands-0123456789abcdef';

let packed: Packed;
let registry: FakeRegistry;
let model: StandInModel;
let env: Record<string, string>;
let delay = 0;

beforeAll(async () => {
  packed = await packAndInstall();
  await forgetSums(dirname(packed.bin));
  registry = await startFakeRegistry();
  model = await startStandInModel({
    fault: () => (delay === 0 ? undefined : { kind: 'slow', ms: delay }),
  });
  env = {
    PATH: `${join(packed.folder, 'node_modules', '.bin')}:${packed.env.PATH}`,
    HOME: join(packed.dir, 'home'),
    OPENCLAW_MCP_STATE_DIR: join(packed.dir, 'state'),
    npm_config_registry: registry.url,
    OPENCLAW_MCP_NPM_REGISTRY: registry.url,
    OPENCLAW_MCP_NODE_MIRROR: `${registry.url}/dist`,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: model.url,
  };
});

afterAll(async () => {
  await stopDaemon();
  await registry.close();
  await model.close();
  await packed.remove();
});

async function stopDaemon(): Promise<void> {
  const file = join(env.OPENCLAW_MCP_STATE_DIR ?? '', 'local', 'daemon.json');
  const { pid } = JSON.parse(await readFile(file, 'utf8'));
  process.kill(pid, 'SIGTERM');
}

/** A command line of /bin/sh, as somebody without a terminal types it. */
async function sh(script: string, more: Record<string, string> = {}) {
  const done = run('/bin/sh', ['-ec', script], { env: { ...env, ...more }, cwd: packed.folder });
  const { stdout, stderr, code = 0 } = await done.catch((error) => error);
  return { stdout: String(stdout), stderr: String(stderr), code };
}

const CLI = 'openclaw-dedalus-mcp --local';

const PRINTED = 'openclaw-dedalus-mcp completion';
/** How each shell is started without anybody's settings, and what docs/commands.md has a person put into theirs. */
const SHELLS = [
  { shell: 'bash', start: 'bash --noprofile --norc -i', setup: `eval "$(${PRINTED} bash)"` },
  {
    shell: 'zsh',
    start: 'zsh -f -i',
    setup: `autoload -Uz compinit; compinit -u; eval "$(${PRINTED} zsh)"`,
  },
  { shell: 'fish', start: 'fish --no-config -i', setup: `${PRINTED} fish | source` },
].map((one) => ({ ...one, why: withoutShell(one.shell) }));

describe('a life from the command line', () => {
  it('deploys, with a line for every stage on stderr', async () => {
    const { stdout, stderr, code } = await sh(`${CLI} deploy --name assistant`);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^Deploying OpenClaw on machine \S+ is done/);
    expect(stdout).toMatch(/Next: Run `openclaw-dedalus-mcp --local chat --machine \S+`/);
    for (const stage of ['create', 'boot', 'openclaw']) expect(stderr).toContain(`deploy · ${stage}`);
    for (const never of ['\u001b', 'deploy_openclaw', 'get_operation'])
      expect(stdout + stderr).not.toContain(never);
  });

  it("answers like the recipe's second script: the reply on stdout, and nothing else", async () => {
    const { stdout, stderr, code } = await sh(
      `${CLI} chat --machine assistant "What is the meaning of life?"`,
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toBe(
      `${INTRODUCTION} You said: "What is the meaning of life?" (message 1 of this conversation).\n`,
    );
    expect(stderr).toContain('The chat turn');
  });

  it('reads a message from a pipe, and one word too many is an error that nobody pays for', async () => {
    const piped = await sh(`printf 'two\\nlines\\n' | ${CLI} chat --session piped`);
    expect(piped.stdout).toContain('You said: "two lines"');
    const paid = model.requests.length;
    expect(await sh(`${CLI} chat what is this`)).toMatchObject({ code: 2, stdout: '' });
    expect(await sh(`${CLI} chat --sesion x "hi"`)).toMatchObject({ code: 2, stdout: '' });
    expect(await sh(`${CLI} chat </dev/null`)).toMatchObject({ code: 2, stdout: '' });
    expect(await sh(`${CLI} --read-only chat "hi"`)).toMatchObject({ code: 2, stdout: '' });
    expect(model.requests).toHaveLength(paid);
  });

  it('takes a message that begins with a dash, and prints its reply also where nobody reads the progress', async () => {
    const dashed = await sh(`${CLI} chat --session dash -- '- one'`);
    expect(dashed.stdout).toContain('You said: "- one"');
    const closed = await run('bash', ['-c', `${CLI} chat --session dash -- '- two' 2> >(true)`], { env });
    expect(closed.stdout).toContain('You said: "- two"');
  });

  it('leaves a turn to the background, and brings its reply later', async () => {
    const { stdout, code } = await sh(`${CLI} chat --no-wait --json --session later "Think about it"`);
    expect(code).toBe(0);
    const { operation_id, status } = JSON.parse(stdout);
    expect(status).toBe('running');
    // Nobody asks for it: the background does.
    await expect.poll(() => model.requests.some((one) => one.question.includes('Think about it'))).toBe(true);
    const reply = await sh(`${CLI} operation ${operation_id}`);
    expect(reply.stdout).toBe(
      `${INTRODUCTION} You said: "Think about it" (message 1 of this conversation).\n`,
    );
    expect(model.requests.filter((one) => one.question.includes('Think about it'))).toHaveLength(1);
  });

  it('prints exactly the structured result with --json, and offers what a shell may complete', async () => {
    const { machines } = JSON.parse((await sh(`${CLI} machines --json`)).stdout);
    expect(machines).toMatchObject([{ name: 'assistant', phase: 'running' }]);
    expect((await sh(`${CLI} complete -- sleep --machine ''`)).stdout).toBe('');
    expect((await sh(`openclaw-dedalus-mcp complete -- sleep --machine ''`)).stdout).toBe('assistant\n');
    expect((await sh('openclaw-dedalus-mcp complete -- --local sl')).stdout).toBe('sleep\n');
    const script =
      'eval "$(openclaw-dedalus-mcp completion bash)"; COMP_WORDS=(openclaw-dedalus-mcp sle); COMP_CWORD=1; _openclaw_dedalus_mcp; echo $COMPREPLY';
    const { stdout } = await run('bash', ['-ec', script], { env });
    expect(stdout).toBe('sleep\n');
  });

  describe.each(SHELLS)('completion in $shell$why', ({ start, setup, why }) => {
    it.skipIf(why !== '')('completes commands, choices and the names of machines', async () => {
      const seen = inTerminal(`exec ${start}`, env, packed.folder);
      seen.type(`${setup}\r echo read""y\r`);
      await seen.sees(/ready\r?\n/);
      // Every tab is answered before the next key is read; then the line is printed instead of run.
      for (const typed of ['sle\t--mach\tassi\t', 'logs --level war\t', 'files sav\treport.pdf']) {
        seen.type(`${CLI} ${typed}\u0001echo typed: \r`);
      }
      await seen.sees(/typed: openclaw-dedalus-mcp --local sleep --machine assistant/);
      await seen.sees(/typed: openclaw-dedalus-mcp --local logs --level warn/);
      await seen.sees(/typed: openclaw-dedalus-mcp --local files save report\.pdf/);
      seen.type('exit\r');
      expect(await seen.ended()).toBe(0);
    });
  });

  it("runs OpenClaw's own commands, and carries files to where the person is", async () => {
    const listed = await sh(`${CLI} run cron list --json`);
    expect(listed.code, listed.stderr).toBe(0);
    expect(JSON.parse(listed.stdout)).toMatchObject({ jobs: expect.any(Array) });
    expect((await sh(`${CLI} files write report.md --text 'All is well.'`)).code).toBe(0);
    expect((await sh(`${CLI} files read report.md`)).stdout).toContain('All is well.');
    const saved = await sh(`mkdir here && cd here && ${CLI} files save report.md && cat report.md`);
    expect(saved.code, saved.stderr).toBe(0);
    expect(saved.stdout).toContain('All is well.');
    expect(await sh(`cd here && ${CLI} files save report.md`)).toMatchObject({ code: 2, stdout: '' });
  });

  it('prints transcripts and logs as they are, for other programs to search', async () => {
    const { stdout } = await sh(`${CLI} transcript --session piped | grep -c 'You said'`);
    expect(stdout).toBe('1\n');
    expect((await sh(`${CLI} logs --lines 5`)).stdout.trim().split('\n').length).toBeLessThanOrEqual(5);
  });

  it.skipIf(!HAS_TERMINAL)(
    'talks on a terminal: replies grow, a paste is one message, Ctrl-C ends only the wait',
    async () => {
      const seen = inTerminal(`exec ${CLI} chat --session talk`, env, packed.folder);
      await seen.sees('talk> ');
      seen.type('My favourite colour is turquoise.\r');
      await seen.sees('(message 1 of this conversation).');
      await seen.sees('talk> ');
      const paid = model.requests.length;
      seen.type('/nonsense\r');
      await seen.sees('is none of these');
      expect(model.requests).toHaveLength(paid);
      seen.type('one pasted line\rand another\r');
      await seen.sees('You said: "one pasted line and another" (message 2 of this conversation).');
      await seen.sees('talk> ');
      delay = 4_000;
      seen.type('What did I say first?\r');
      await seen.sees('· turn');
      seen.type('\u0003');
      await seen.sees('The wait has ended, not the work: /wait goes on with it');
      delay = 0;
      seen.type('/wait\r');
      await seen.sees('turquoise');
      await seen.sees('talk> ');
      seen.type('\u0004');
      expect(await seen.ended()).toBe(0);
      expect(model.requests.filter((one) => one.question.includes('say first'))).toHaveLength(1);
    },
  );

  it('goes through a night in a script that stops at the first fault', async () => {
    const script = [
      `${CLI} chat --session night "My favourite colour is turquoise."`,
      `${CLI} sleep --machine assistant`,
      `${CLI} chat --session night "What did I tell you before about my favourite colour?"`,
    ].join('\n');
    const { stdout, stderr, code } = await sh(script);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('phase sleeping');
    expect(stdout).toMatch(/you told me: "My favourite colour is turquoise\."/);
    expect(stdout + stderr).not.toContain(KEY);
  });

  it('destroys only after a yes', async () => {
    const asked = await sh(`${CLI} destroy --machine assistant`);
    expect(asked.code).toBe(3);
    expect(asked.stdout).toMatch(/^Nothing was destroyed yet.*--confirmation \S+/s);
    if (HAS_TERMINAL) {
      const seen = inTerminal(`exec ${CLI} destroy`, env, packed.folder);
      await seen.sees('Destroy it? [y/N]');
      seen.type('n\r');
      expect(await seen.ended()).toBe(3);
      expect(seen.screen()).toContain('(assistant)');
    }
    const { code, stderr } = await sh(`${CLI} destroy --machine assistant --yes`);
    expect(code, stderr).toBe(0);
    expect(JSON.parse((await sh(`${CLI} machines --json`)).stdout)).toMatchObject({ total: 0 });
    expect((await sh(`openclaw-dedalus-mcp complete -- sleep --machine ''`)).stdout).toBe('');
  });
});
