/** The real OpenClaw, newest and old, through the built server: deployed, asked, put to sleep, woken, destroyed. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelRequest } from '../../src/stand-in/conversation.ts';
import type { Message, RawClient } from '../support/raw-client.ts';
import { mark, type RealLab, saysMarks, startRealLab } from '../support/real-lab.ts';

let lab: RealLab;
let agent: RawClient;
beforeAll(async () => {
  lab = await startRealLab({ reply: makesPdf });
  agent = await lab.server();
});
afterAll(() => lab.close());

const PDF =
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 0>>endobj\n%%EOF\n';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** A model that has the assistant write a PDF where it is asked for one. */
function makesPdf(request: ModelRequest) {
  if (!request.question.includes('as a PDF')) return saysMarks(request);
  if (request.toolAnswered) return 'It is written.';
  return { tool: 'write', input: { path: 'reports/week.pdf', content: PDF } };
}

async function chat(machine: unknown, message: string, session: string): Promise<Message> {
  return agent.finish('chat', { machine_id: machine, message, session });
}

async function destroy(machine: unknown): Promise<Message> {
  const plan = await agent.call('destroy_machine', { machine_id: machine });
  return agent.finish('destroy_machine', {
    machine_id: machine,
    confirmation: plan.structuredContent?.confirmation,
  });
}

const homeOf = (machine: unknown) => join(lab.dir, 'local/local/machines', String(machine), 'home');

/** Everything that the model was told by a person in its last request. */
const lastAsked = () =>
  (lab.model.requests.at(-1)?.turns ?? []).map((turn) => (turn.role === 'user' ? turn.text : '')).join('\n');

const AWKWARD = `quotes " and ' and \`ticks\`, back\\slashes \\n \\\\, $(touch /tmp/never) \${HOME} %s %% !!
second line\twith a tab, emoji 👩‍👩‍👧‍👦 é ü 漢字, {"json": "yes"}, <b>&amp;</b>, trailing blanks   
\u2028 end`;

describe('the real OpenClaw, newest release', () => {
  let machine: unknown;

  it('deploys from npm with one call, telling how far it is', async () => {
    const ready = await agent.finish('deploy_openclaw', { name: 'newest' }, 'deploy');
    expect(ready).toMatchObject({ status: 'ready', name: 'newest' });
    expect(ready.openclaw_version).toMatch(/^\d{4}\.\d+\.\d+/);
    machine = ready.machine_id;
    const told = agent.notifications
      .filter((note) => note.method === 'notifications/progress')
      .map((n) => JSON.stringify(n));
    for (const stage of ['create', 'boot', 'openclaw', 'start']) {
      expect(
        told.some((note) => note.includes(stage)),
        stage,
      ).toBe(true);
    }
    lab.share(machine);
  });

  it('is prepared for its first turn without a word to the model, and without a session', async () => {
    const log = () => readFileSync(join(homeOf(machine), '.openclaw/logs/gateway.out'), 'utf8');
    await expect.poll(log, { timeout: 120_000 }).toContain('✓ sessions.delete');
    expect(lab.model.requests).toHaveLength(0);
    const listed = await agent.finish('list_sessions', { machine_id: machine });
    expect(listed.sessions).toEqual([]);
    expect(readdirSync(join(homeOf(machine), '.openclaw/agents/main/sessions'))).toEqual([]);
  });

  it('answers with a word of the question, and remembers it in the same session', async () => {
    const [first, second] = [mark(), mark()];
    expect((await chat(machine, `Please repeat ${first}`, 'words')).reply).toBe(`You said: ${first}`);
    expect((await chat(machine, `And now ${second}`, 'words')).reply).toBe(`You said: ${first} ${second}`);
  });

  it('passes any message on byte for byte', async () => {
    await chat(machine, AWKWARD, 'bytes');
    expect(lastAsked()).toContain(AWKWARD.trim());
  });

  it('passes 200 kB on byte for byte', async () => {
    const long = Array.from({ length: 4_000 }, (_, i) => `line ${i} ${'äöü$(x)"'.repeat(4)}`).join('\n');
    expect(Buffer.byteLength(long)).toBeGreaterThan(200_000);
    await chat(machine, long, 'long');
    expect(lastAsked()).toContain(long);
  });

  it('names the PDF that the assistant made, and saves it byte for byte', async () => {
    const turn = await chat(machine, 'Write me the week as a PDF', 'paper');
    expect(turn.reply).toBe('It is written.');
    const path = 'reports/week.pdf';
    expect(turn.files).toContainEqual({ path, bytes: PDF.length, type: 'application/pdf' });
    const saved = await agent.finish('files', { machine_id: machine, action: 'save', path });
    expect(readFileSync(String(Object(saved.carried).local), 'utf8')).toBe(PDF);
  });

  it('sends an image with a message, which the model gets byte for byte', async () => {
    const folder = join(lab.dir, 'state', 'files');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, 'dot.bin'), Buffer.from(PNG, 'base64'));
    const word = mark();
    const turn = await agent.finish('chat', {
      ...{ machine_id: machine, message: `Look at it and say ${word}`, session: 'images' },
      attachments: ['dot.bin'],
    });
    expect(turn).toMatchObject({ status: 'done', reply: `You said: ${word}`, notes: [] });
    const images = (lab.model.requests.at(-1)?.turns ?? []).flatMap((one) => one.images ?? []);
    expect(images).toEqual([PNG]);
  });

  it('has nothing to say against its own state', async () => {
    const { structuredContent } = await agent.call('gateway_status', { machine_id: machine });
    expect(structuredContent).toMatchObject({ phase: 'running', working: true });
    // A compile cache that is asked for in the wrong way costs a second process of 60 MB.
    expect(processesOfMachines().filter((line) => line.includes('gateway'))).toHaveLength(1);
  });

  it('lists the sessions, reads one, and reads the log', async () => {
    const sessions = await agent.call('list_sessions', { machine_id: machine });
    expect(JSON.stringify(sessions.structuredContent)).toContain('agent:main:openai-user:words');
    const transcript = await agent.call('read_session', { machine_id: machine, session: 'words' });
    expect(transcript.structuredContent?.messages).toHaveLength(4);
    const log = await agent.call('read_logs', { machine_id: machine, lines: 10 });
    expect(log.structuredContent?.lines).not.toHaveLength(0);
  });

  it('sleeps, wakes without installing anything, and still remembers', async () => {
    expect(await agent.finish('sleep_machine', { machine_id: machine })).toMatchObject({ phase: 'sleeping' });
    const woken = await agent.finish('wake_machine', { machine_id: machine });
    expect(woken).toMatchObject({ status: 'done', phase: 'running' });
    const last = mark();
    expect((await chat(machine, `Finally ${last}`, 'words')).reply).toMatch(
      new RegExp(`mark-.* mark-.* ${last}$`),
    );
  });

  it('is gone after destroy: no process and no file', async () => {
    expect(processesUnder(lab.dir)).not.toEqual([]);
    expect(await destroy(machine)).toMatchObject({ status: 'done', phase: 'destroyed' });
    expect(processesOfMachines()).toEqual([]);
    expect(await filesOf(String(machine))).toEqual([]);
  });
});

describe('the real OpenClaw, an old release', () => {
  it('deploys with a Node that suits it, and chats', async () => {
    const ready = await agent.finish('deploy_openclaw', {
      name: 'old',
      openclaw_version: '2026.3.24',
      allow_unsafe_version: true,
    });
    expect(ready).toMatchObject({ status: 'ready', openclaw_version: '2026.3.24' });
    const word = mark();
    expect((await chat(ready.machine_id, `Repeat ${word}`, 's')).reply).toBe(`You said: ${word}`);
  });

  it('leaves no process behind when the local API is told to end', async () => {
    await lab.local.stop();
    expect(processesOfMachines()).toEqual([]);
  });
});

/** Command lines of processes on this computer that mention `text`. */
function processesUnder(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => commandLine(pid))
    .filter((line) => line.includes(text));
}

/** Gateways and first processes of machines: nothing of ours but the server and the API may be left. */
function processesOfMachines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && descends(name, lab.local.child.pid))
    .map((pid) => commandLine(pid))
    .filter((line) => line !== '');
}

function descends(pid: string, ancestor: number | undefined): boolean {
  for (let at = pid; at !== '0' && at !== ''; at = parentOf(at)) {
    if (Number(parentOf(at)) === ancestor) return true;
  }
  return false;
}

function parentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[1] ?? '';
  } catch {
    return '';
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

async function filesOf(machine: string): Promise<string[]> {
  const bare = machine.replace(/^dm-/, '');
  const all = await readdir(join(lab.dir, 'local'), { recursive: true });
  return all.filter((path) => path.includes(bare));
}
