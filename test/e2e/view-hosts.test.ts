/** The page in hosts that treat it otherwise than the protocol asks, or a person than usual, as public reports tell of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from '../support/view-host/chromium.ts';
import type { ViewHost } from '../support/view-host/view-host.ts';
import { startViewLab, type ViewLab } from '../support/view-host/view-lab.ts';

const browser = await findChromium();
let all: ViewLab;
let host: ViewHost;
let machine: string;

beforeAll(async () => {
  if (browser === undefined) return;
  all = await startViewLab(browser, { model: { reply: ({ question }) => `You said: ${question}` } });
  ({ host } = all);
  const { data } = await all.server.finish('deploy_openclaw', { name: 'garden' });
  machine = String(data.machine_id);
});
afterAll(() => all?.close());

const SOON = { timeout: 60_000 };

describe.skipIf(browser === undefined)('the page', () => {
  describe('in a host that hands over the words of a result alone', () => {
    it('shows what a look found, asked for again', async () => {
      const { view } = await host.show('gateway_status', { machine_id: machine }, 'light', 'wordsOnly');
      await view.getByRole('heading', { name: 'Every layer works' }).waitFor(SOON);
    });

    it('shows the turn that a chat was, found by what its words say of it', async () => {
      const { view } = await host.show('chat', { message: 'Hello there' }, 'light', 'wordsOnly');
      await view.getByText('You said: Hello there').waitFor(SOON);
      expect(await view.getByRole('heading', { level: 1 }).textContent()).toBe('Chat: default');
    });

    it('shows an error in its own words', async () => {
      const { view } = await host.show('gateway_status', { machine_id: 'dm-nobody' }, 'light', 'wordsOnly');
      await view.getByText(/Next:/).waitFor(SOON);
    });
  });

  describe('in a host that passes on the calls of the page as its own', () => {
    it('stays beside the list while each machine of it is asked', async () => {
      const { view } = await host.show('list_machines', {}, 'light', 'echoes');
      const begun = host.called.length;
      await view.getByRole('heading', { name: 'Machines' }).waitFor(SOON);
      await expect.poll(() => host.called.length, { timeout: 20_000 }).toBeGreaterThan(begun);
      await view.getByRole('img', { name: / tokens/ }).waitFor(SOON);
      expect(await view.getByRole('heading', { level: 1 }).textContent()).toBe('Machines');
    });
  });

  it('says so where a host lets the page ask nothing', async () => {
    await host.show('list_machines', {}, 'light', 'callless');
    const view = host.page.frameLocator('iframe');
    await view.getByRole('button', { name: 'Status of garden' }).click();
    await view.getByText('ask for it in the conversation').waitFor(SOON);
  });

  it('offers to look where a chat is opened again and its result never told, and asks nothing by itself', async () => {
    await host.page.clock.install();
    const begun = host.called.length;
    const view = await host.reopen('gateway_status', { machine_id: machine });
    await view.getByRole('heading', { name: 'gateway status' }).waitFor(SOON);
    await host.page.clock.fastForward(61_000);
    const look = view.getByRole('button', { name: 'Look now' });
    await look.waitFor(SOON);
    expect(host.called.slice(begun)).toEqual([]);
    await look.click();
    await view.getByRole('heading', { name: 'Every layer works' }).waitFor(SOON);
  });

  it('asks for work that may never be told of a few times only, and not at all when it goes', async () => {
    const begun = host.called.length;
    const view = await host.reopen('deploy_openclaw', { name: 'another' });
    const later = async () => {
      await host.page.clock.runFor(5_000);
      return host.called.length - begun;
    };
    await expect.poll(later, { ...SOON, interval: 1 }).toBeGreaterThan(2);
    for (let passed = 0; passed < 30; passed += 1) await later();
    expect(host.called.length - begun).toBeLessThanOrEqual(15);
    await host.leave();
    await view.locator('main').waitFor({ ...SOON, state: 'detached' });
  });

  it('asks nothing while it is scrolled away', async () => {
    const begun = host.called.length;
    await host.reopen('deploy_openclaw', { name: 'another' }, 'below');
    for (let passed = 0; passed < 10; passed += 1) await host.page.clock.runFor(5_000);
    expect(host.called.slice(begun)).toEqual([]);
    await host.page.locator('iframe').scrollIntoViewIfNeeded();
    await expect.poll(() => host.called.length).toBeGreaterThan(begun);
  });
});
