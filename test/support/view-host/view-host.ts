/** A browser with a host page in it that speaks to a real server: the page is shown beside real calls. */
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { build } from 'esbuild';
import { type Browser, chromium, type FrameLocator, type Page } from 'playwright-core';
import { z } from 'zod';
import { VIEW_URI } from '../../../src/tools/views.ts';

export type Theme = 'light' | 'dark';

/** How the host treats a page, as host-page.mjs says. */
export type Way = 'plain' | 'wordsOnly' | 'echoes' | 'callless' | 'below';

export interface Shown {
  /** What is in the page. */
  view: FrameLocator;
  /** The result of the call that it stands beside, as the host got it. */
  result: Promise<{ structuredContent?: Record<string, unknown> | undefined }>;
}

export interface ViewHost {
  page: Page;
  /** Tools that the page has called, in order, with their arguments. */
  called: { tool: string; args: unknown }[];
  /** Addresses that anything in the browser asked for, the host page's own left out. */
  requests: string[];
  /** Makes the call, and shows the page beside it from its start. */
  show(tool: string, args?: Record<string, unknown>, theme?: Theme, way?: Way): Promise<Shown>;
  /** As a chat that is opened again: shows the page beside a call that is not made, and whose result is never told. */
  reopen(tool: string, args?: Record<string, unknown>, way?: Way): Promise<FrameLocator>;
  /** Tells the page that it goes, and waits for its consent. */
  leave(): Promise<void>;
  /** Heights that the page has asked for since it is shown. */
  sizes(): Promise<number[]>;
  /** Waits until so many frames have been drawn. */
  frames(count: number): Promise<void>;
  /** As a person at the host's settings. */
  turn(theme: Theme): Promise<void>;
  /** Keeps a picture where a folder for them is set. */
  picture(name: string): Promise<void>;
  /** Keeps those pictures as one, in columns, where a folder for them is set. */
  together(name: string, columns: readonly (readonly string[])[]): Promise<void>;
  close(): Promise<void>;
}

const HOST = 'http://host.test/';
const callParams = z.object({ name: z.string(), arguments: z.record(z.string(), z.unknown()).default({}) });
const callAnswer = z.object({ structuredContent: z.record(z.string(), z.unknown()).optional() });
const uiMeta = z.object({ ui: z.object({ visibility: z.array(z.string()).default(['model', 'app']) }) });

export async function startViewHost(client: Client, executablePath: string): Promise<ViewHost> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    return await hostIn(browser, client);
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function hostIn(browser: Browser, client: Client): Promise<ViewHost> {
  const page = await browser.newPage({ viewport: { width: 820, height: 700 }, deviceScaleFactor: 2 });
  const called: ViewHost['called'] = [];
  const requests: string[] = [];
  const open = new Set((await client.listTools()).tools.filter(callable).map(({ name }) => name));
  const call = (name: string, args: Record<string, unknown>) =>
    client.callTool({ name, arguments: args }, undefined, { timeout: 120_000 });
  await page.exposeFunction('callFromPage', (params: unknown) => {
    const { name, arguments: args } = callParams.parse(params);
    called.push({ tool: name, args });
    if (!open.has(name)) throw new Error(`the page may not call ${name}`);
    return call(name, args);
  });
  const html = await hostPage();
  await page.route('**/*', (route) => {
    if (route.request().url() === HOST) return route.fulfill({ contentType: 'text/html', body: html });
    requests.push(route.request().url());
    return route.abort();
  });
  await page.goto(HOST);
  const { contents } = await client.readResource({ uri: VIEW_URI });
  const shownPage = contents.map((part) => ('text' in part ? part.text : '')).join('');
  const ask = (what: 'show' | 'answer' | 'turn' | 'leave', given: unknown) =>
    page.evaluate<void>(`window.${what}(${JSON.stringify(given)})`);
  const begin = (tool: string, input: Record<string, unknown>, theme: Theme, way: Way) =>
    ask('show', { html: shownPage, tool, input, theme, way });
  return {
    page,
    called,
    requests,
    async show(tool, args = {}, theme = 'light', way = 'plain') {
      await begin(tool, args, theme, way);
      const result = call(tool, args).then(async (answer) => {
        await ask('answer', answer);
        return callAnswer.parse(answer);
      });
      return { view: page.frameLocator('iframe'), result };
    },
    async reopen(tool, args = {}, way = 'plain') {
      await begin(tool, args, 'light', way);
      return page.frameLocator('iframe');
    },
    leave: () => ask('leave', {}),
    sizes: () => page.evaluate<number[]>('window.sizes'),
    frames: (count) => page.evaluate<void>(`window.drawn(${count})`),
    turn: (theme) => ask('turn', theme),
    async picture(name) {
      const { OPENCLAW_MCP_PICTURES } = process.env;
      if (OPENCLAW_MCP_PICTURES === undefined) return;
      await mkdir(OPENCLAW_MCP_PICTURES, { recursive: true });
      await page.locator('iframe').screenshot({ path: join(OPENCLAW_MCP_PICTURES, `${name}.png`) });
    },
    async together(name, columns) {
      const { OPENCLAW_MCP_PICTURES: folder } = process.env;
      if (folder === undefined) return;
      const wall = await browser.newPage({ viewport: { width: 1240, height: 400 } });
      await wall.setContent(await wallOf(folder, columns));
      await wall.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
      await wall.close();
    },
    close: () => browser.close(),
  };
}

/** As the protocol has it: a host refuses a page each tool that is not for pages. */
function callable({ _meta }: { _meta?: unknown }): boolean {
  const meta = uiMeta.safeParse(_meta);
  return !meta.success || meta.data.ui.visibility.includes('app');
}

async function wallOf(folder: string, columns: readonly (readonly string[])[]): Promise<string> {
  const image = async (name: string) => {
    const data = await readFile(join(folder, `${name}.png`));
    return `<img alt="" src="data:image/png;base64,${data.toString('base64')}">`;
  };
  const drawn = await Promise.all(
    columns.map(async (names) => `<div>${(await Promise.all(names.map(image))).join('')}</div>`),
  );
  return `<style>body{margin:0;padding:16px;display:flex;gap:16px;background:#e9e8e3}div{flex:1;display:grid;gap:16px;align-content:start}
img{width:100%;border-radius:10px;display:block}</style>${drawn.join('')}`;
}

async function hostPage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, 'host-page.mjs')],
    ...{ bundle: true, write: false, format: 'esm', minify: true, charset: 'utf8' },
  });
  const [script] = outputFiles;
  return `<!doctype html><meta charset="utf-8"><title>host</title>
<style>body{margin:0}iframe{display:block;width:100%;height:300px;border:0}</style>
<script type="module">${script?.text ?? ''}</script>`;
}
