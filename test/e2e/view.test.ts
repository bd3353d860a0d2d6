/** The page beside results, in a real browser, in a host that speaks to the built server over stdio. */
import { writeFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BinProcess } from '../support/bin.ts';
import type { Lab } from '../support/lab.ts';
import { findChromium } from '../support/view-host/chromium.ts';
import type { ViewHost } from '../support/view-host/view-host.ts';
import { startViewLab, type ViewLab } from '../support/view-host/view-lab.ts';

const HOSTILE =
  '<img src="http://evil.test/x" onerror="document.title=1"><script>document.title=1</script> **bold** &amp; [a](javascript:alert(1))';

const browser = await findChromium();
let all: ViewLab;
let lab: Lab;
let server: BinProcess;
let host: ViewHost;

beforeAll(async () => {
  if (browser === undefined) return;
  all = await startViewLab(browser, {
    settings: { delays: { accepted: 200, placement: 300, starting: 500 } },
    model: { reply: ({ question }) => answerTo(question) },
  });
  ({ lab, server, host } = all);
});
afterAll(async () => {
  await host?.together('view', [['deploy-ready', 'wake-dark', 'chat', 'machines'], ['status-findings']]);
  await all?.close();
});

/** As an assistant with its own tools: a report is made before the answer. */
function answerTo(question: string): string {
  if (question.includes('markup')) return HOSTILE;
  if (question.includes('Hebrew')) return HEBREW;
  if (question.includes('report'))
    for (const name of ['week.txt', HOSTILE_NAME]) writeFileSync(join(workspace, name), 'the week');
  return `You said: ${question}`;
}
const HEBREW = 'מה שלומך היום?\nHow are you today?';
const HOSTILE_NAME = 'week <img src=x onerror="document.title=1">.txt';
let workspace: string;

const SOON = { timeout: 60_000 };
const narrow = (width: number) => host.page.setViewportSize({ width, height: 700 });

/** The home of the only machine, which is a folder here. */
async function home(): Promise<string> {
  const root = join(lab.stateDir, '..', 'local');
  const found = (await readdir(root, { recursive: true })).find((path) => path.endsWith('.openclaw-mcp'));
  return join(root, found ?? 'nowhere', '..');
}

describe.skipIf(browser === undefined)('the page', () => {
  let machine: string;
  let deployed: string;

  it('shows a deploy from its first stage, before the call has answered, to ready', async () => {
    const { view, result } = await host.show('deploy_openclaw', { name: 'garden', wait_seconds: 45 });
    await view.getByRole('heading', { name: 'Deploy OpenClaw: garden' }).waitFor(SOON);
    await view.locator('.chip', { hasText: 'running' }).waitFor(SOON);
    await view.getByRole('progressbar').waitFor(SOON);
    await host.picture('deploy-running');
    const { structuredContent } = await result;
    machine = String(structuredContent?.machine_id);
    deployed = String(structuredContent?.operation_id);
    await view.locator('.chip', { hasText: 'ready' }).waitFor(SOON);
    expect(await view.getByRole('listitem').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^boot[\d.]+ s$/)]),
    );
    expect(await view.locator('main').textContent()).toContain(machine);
    await host.picture('deploy-ready');
  });

  it('goes on with get_operation where the call has answered "running"', async () => {
    await server.finish('sleep_machine');
    const { view } = await host.show('wake_machine', { wait_seconds: 0 }, 'dark');
    await view.locator('.chip', { hasText: 'done' }).waitFor(SOON);
    expect(host.called.map(({ tool }) => tool)).toContain('get_operation');
    await host.picture('wake-dark');
  });

  it('ends a deploy that fails in its error and the next step', async () => {
    const action = { type: 'machine_failed', reason: 'NoReadyHosts' } as const;
    lab.local.api.faults.set({ faults: [{ operation: 'create', times: 9, action }] });
    const { view } = await host.show('deploy_openclaw', { name: 'unlucky' });
    const alert = view.getByRole('alert');
    await alert.waitFor(SOON);
    expect(await alert.textContent()).toMatch(/Next:/);
    await host.picture('deploy-failed');
    lab.local.api.faults.set({ faults: [] });
  });

  it('shows what is wrong, and repairs it by a key', async () => {
    const at = await home();
    await writeFile(join(at, '.openclaw', 'openclaw.json'), '{"gateway": nonsense');
    const { view } = await host.show('gateway_status', { machine_id: machine });
    await view.getByRole('heading', { name: 'Something is wrong' }).waitFor(SOON);
    await host.picture('status-findings');
    const button = view.getByRole('button', { name: 'Repair' });
    await button.focus();
    await button.press('Enter');
    await view.getByRole('heading', { name: 'Repair OpenClaw' }).waitFor(SOON);
    await view.locator('.chip', { hasText: 'done' }).waitFor(SOON);
    await host.picture('repair-done');
    expect(host.called).toContainEqual({
      tool: 'repair_openclaw',
      args: { machine_id: machine, wait_seconds: 0 },
    });
    expect(await view.locator('main').textContent()).toContain('The configuration is invalid');
    await view.getByRole('button', { name: 'Status now' }).click();
    await view.getByRole('heading', { name: 'Every layer works' }).waitFor(SOON);
    await host.picture('status-well');
  });

  it('shows machines with phase and autosleep, on a narrow screen too, and leads to the status of one', async () => {
    const { view } = await host.show('list_machines');
    await view.getByText('garden').waitFor(SOON);
    await host.picture('machines');
    await narrow(340);
    const wide = await view.locator('html').evaluate((page) => page.scrollWidth - page.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    await host.picture('machines-narrow');
    await view.getByRole('button', { name: 'Status of garden' }).click();
    await view.getByRole('heading', { name: 'Every layer works' }).waitFor(SOON);
    await narrow(820);
    await view.getByRole('button', { name: 'Back' }).click();
    await view.getByRole('heading', { name: 'Machines' }).waitFor(SOON);
  });

  it('sets what strangers wrote as text, whatever it looks like', async () => {
    const chat = await host.show('chat', { message: 'Answer in markup', session: 'talk' });
    await chat.view.getByText('onerror').waitFor(SOON);
    await host.picture('chat');
    await chat.view.getByRole('button', { name: 'Whole conversation' }).click();
    await chat.view.getByRole('heading', { name: 'Conversation' }).waitFor(SOON);
    const { view } = await host.show('read_session', { session: 'talk' }, 'dark');
    await view.getByText('Answer in markup').waitFor(SOON);
    expect(await view.locator('main').textContent()).toContain(HOSTILE);
    expect(await view.locator('img, a, main script').count()).toBe(0);
    await host.picture('talk-dark');
  });

  it('shows the files of a turn, and fetches one by a click', async () => {
    workspace = join(await home(), '.openclaw', 'workspace');
    const { view } = await host.show('chat', { message: 'Make the report', session: 'paper' });
    await view.getByText(HOSTILE_NAME).waitFor(SOON);
    expect(await view.locator('img').count()).toBe(0);
    await view.getByRole('button', { name: 'week.txt', exact: true }).click();
    const local = join(lab.stateDir, 'files', 'week.txt');
    await view.getByText(`saved: ${local}`).waitFor(SOON);
    expect(await readFile(local, 'utf8')).toBe('the week');
    await view.getByRole('button', { name: HOSTILE_NAME }).click();
    // Under a name of ours: theirs leads nowhere here.
    await view.getByText(/saved: \S+\/file-[0-9a-f]{12}\.txt$/).waitFor(SOON);
    await host.picture('chat-files');
    expect(host.called).toContainEqual({
      tool: 'files',
      args: { action: 'save', path: 'week.txt', machine_id: machine, wait_seconds: 0 },
    });
  });

  it('shows beside a machine of the list what it has spent, by day', async () => {
    const { view } = await host.show('list_machines');
    const plot = view.getByRole('img', { name: / tokens/ });
    await plot.waitFor(SOON);
    expect(await plot.locator('rect').count()).toBe(1);
    await host.picture('machines-spend');
  });

  it('follows the theme of its host', async () => {
    const { view } = await host.show('list_machines', {}, 'light');
    await view.getByText('garden').waitFor(SOON);
    const back = () =>
      view
        .locator('body')
        .evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor);
    const light = await back();
    await host.turn('dark');
    await expect.poll(back).not.toBe(light);
  });

  it('never shows a confirmation, and may not call what takes one', async () => {
    const { data } = await server.finish('backup_openclaw');
    const { file } = Object(data.backup);
    // Without its key the backup counts as made elsewhere.
    await rm(join(lab.stateDir, 'transfer.key'));
    const { view, result } = await host.show('backup_openclaw', { action: 'restore', file });
    const { structuredContent } = await result;
    expect(structuredContent?.next).toMatch(/confirmation "[^"]+"/);
    await view.getByRole('alert').waitFor(SOON);
    const [, token] = /confirmation "([^"]+)"/.exec(String(structuredContent?.next)) ?? [];
    expect(await view.locator('html').innerHTML()).not.toContain(token);
    expect(await view.getByRole('alert').textContent()).toContain('not made on this computer');
  });

  it('leads who goes by keys to the heading of what a key has opened, and back', async () => {
    const { view } = await host.show('list_machines');
    const status = view.getByRole('button', { name: 'Status of garden' });
    await status.press('Enter');
    const heading = view.getByRole('heading', { level: 1 });
    await view.getByRole('heading', { name: 'Every layer works' }).waitFor(SOON);
    const focused = () => heading.evaluate((element) => element === element.ownerDocument.activeElement);
    await expect.poll(focused).toBe(true);
    await view.getByRole('button', { name: 'Back' }).press('Enter');
    await view.getByRole('heading', { name: 'Machines' }).waitFor(SOON);
    await expect.poll(focused).toBe(true);
  });

  it('sets each paragraph in the direction of its own letters', async () => {
    const { view } = await host.show('chat', { message: 'Answer in Hebrew', session: 'shalom' });
    const said = view.locator('.said', { hasText: 'How are you' });
    await said.waitFor(SOON);
    // Of its first and its last line: how far their ink is from the left edge of their box.
    const lines = await said.evaluate((box) => {
      const range = box.ownerDocument.createRange();
      range.selectNodeContents(box);
      return [...range.getClientRects()].map(({ left }) => left - box.getBoundingClientRect().left);
    });
    expect(lines.at(0)).toBeGreaterThan(2);
    expect(lines.at(-1)).toBeLessThan(1);
  });

  it('comes to rest at the height that it asks for, and takes the width that there is again', async () => {
    await narrow(340);
    const { view } = await host.show('get_operation', { operation_id: deployed });
    await view.locator('.chip', { hasText: 'ready' }).waitFor(SOON);
    await host.frames(30);
    const asked = (await host.sizes()).length;
    await host.frames(60);
    expect(await host.sizes()).toHaveLength(asked);
    await narrow(820);
    await host.frames(30);
    expect(await view.locator('html').evaluate((page) => page.clientWidth)).toBe(820);
  });

  it('draws its bar where a person sets all colours', async () => {
    await host.page.emulateMedia({ forcedColors: 'active' });
    const { view } = await host.show('get_operation', { operation_id: deployed });
    const colour = (of: string) =>
      view
        .locator(of)
        .first()
        .evaluate((one) => one.ownerDocument.defaultView?.getComputedStyle(one).backgroundColor);
    await view
      .locator('.bar > span')
      .first()
      .waitFor({ ...SOON, state: 'attached' });
    expect(await colour('.bar > span')).not.toBe(await colour('body'));
    await host.picture('forced-colours');
    await host.page.emulateMedia({ forcedColors: 'none' });
  });

  it('lets no request leave, and calls only what looks, follows, wakes, mends and saves', () => {
    expect(host.requests).toEqual([]);
    expect([...new Set(host.called.map(({ tool }) => tool))].sort()).toEqual([
      'files',
      'gateway_status',
      'get_operation',
      'read_session',
      'repair_openclaw',
    ]);
  });
});
