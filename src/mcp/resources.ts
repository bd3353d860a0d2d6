/** Resources: what tools can show, under addresses that a client can list, complete and attach. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type Resource as ResourceListing,
} from '@modelcontextprotocol/sdk/types.js';
import type { WaitOptions } from '../core/abort.ts';
import type { Clock } from '../core/clock.ts';
import { isAppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Redact } from '../core/redact.ts';
import { agreeOnPages } from './agreed-extension.ts';
import type { Tool } from './define-tool.ts';
import { explain } from './explain.ts';
import { renderOutcome } from './render.ts';

/** Values of a template's variables, decoded. */
export type Variables = Readonly<Record<string, string>>;

export interface ResourceTemplate {
  name: string;
  title: string;
  description: string;
  /** RFC 6570, level 1: plain variables, each one path segment. */
  uriTemplate: string;
  /** The tool whose result it shows. Where that one is not handed out, neither is this. */
  tool: string;
  args(variables: Variables): Record<string, unknown>;
}

/** A resource that exists now. */
export interface KnownResource {
  template: string;
  variables: Variables;
  /** For a person who chooses among them. */
  title: string;
}

/** One that is always there and the same for everybody: a page that a host shows beside the results of tools. */
export interface Page {
  /** Under which it is listed. */
  uri: string;
  /** Every one under which it is read, that one included. */
  uris: RegExp;
  name: string;
  title: string;
  description: string;
  mimeType: string;
  /** What a host must know before it shows it. */
  meta: Readonly<Record<string, unknown>>;
  read(): Promise<string>;
}

export interface ResourceSet<Services> {
  pages: readonly Page[];
  templates: readonly ResourceTemplate[];
  /** Those that can be named without waking or asking any machine. */
  known(services: Services, options: WaitOptions): Promise<KnownResource[]>;
  /** Values of `variable` that fit what was typed so far, given the other variables. */
  complete(
    variable: string,
    prefix: string,
    others: Variables,
    services: Services,
    options: WaitOptions,
  ): Promise<string[]>;
}

export interface ServeOptions<Services> {
  /** Those that this server hands out, with what its owner has fixed in them. */
  tools: readonly Tool<Services>[];
  services: Services;
  redact: Redact;
  log: Log;
  clock: Clock;
}

// A list that works takes a fraction of it; a client's start waits for it.
const LIST_MS = 2_000;
const PAGE = 100;
const MIME = 'text/plain';
// The protocol's own number for it; the SDK names none.
const RESOURCE_NOT_FOUND = -32002;

/** Answers `resources/*`. To be called before the server is connected. */
export function serveResources<Services>(
  server: Server,
  set: ResourceSet<Services>,
  options: ServeOptions<Services>,
): void {
  const { tools, services, redact, log } = options;
  const templates = set.templates.filter(({ tool }) => tools.some(({ name }) => name === tool));
  server.registerCapabilities({ resources: {} });
  agreeOnPages(server, [...new Set(set.pages.map(({ mimeType }) => mimeType))]);
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: templates.map(({ name, title, description, uriTemplate }) => ({
      ...{ name, title, description, uriTemplate },
      mimeType: MIME,
    })),
  }));
  server.setRequestHandler(ListResourcesRequestSchema, ({ params }, { signal }) =>
    inOurWords(log, redact, async () => {
      const known = await orNone(set.known(services, { signal }), signal, options);
      const all = [...set.pages.map(pageListing), ...known.flatMap((one) => listing(templates, one))];
      const start = offset(params?.cursor, all.length);
      const next = start + PAGE < all.length ? { nextCursor: `${start + PAGE}` } : {};
      return { resources: all.slice(start, start + PAGE), ...next };
    }),
  );
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }, { signal }) =>
    inOurWords(log, redact, async () => {
      const page = set.pages.find(({ uris }) => uris.test(uri));
      if (page !== undefined) return { contents: [{ uri, ...(await pageContent(page)) }] };
      const { template, variables } = addressed(templates, uri);
      const tool = tools.find(({ name }) => name === template.tool);
      if (tool === undefined) throw unknownResource();
      const context = { services, signal, ask: undefined };
      const { content } = renderOutcome(await tool.call(template.args(variables), context), redact);
      const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n\n');
      return { contents: [{ uri, mimeType: MIME, text }] };
    }),
  );
}

/**
 * Clients ask at their start, and many take an error for a broken server: what cannot be listed, or not soon, is an
 * empty list. The log tells why, also where the reason comes after the answer.
 */
async function orNone(
  listing: Promise<KnownResource[]>,
  signal: AbortSignal,
  { log, clock }: Pick<ServeOptions<unknown>, 'log' | 'clock'>,
): Promise<KnownResource[]> {
  const answered = new AbortController();
  const told = listing.catch((error: unknown) => {
    if (!isAppError(error) || error.code === 'internal' || signal.aborted) throw error;
    log.warn('resources/list is empty', { reason: error.message, next: error.next });
    return [];
  });
  const overdue = clock.sleep(LIST_MS, answered.signal).then(() => []);
  try {
    return await Promise.race([told, overdue]);
  } finally {
    answered.abort();
  }
}

/** The answer of `work`, or a protocol error in our own words: what strangers said has no place of its own in one. */
export async function inOurWords<T>(log: Log, redact: Redact, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof McpError) throw error;
    const code = isAppError(error, 'not_found')
      ? RESOURCE_NOT_FOUND
      : isAppError(error, 'invalid_input')
        ? ErrorCode.InvalidParams
        : ErrorCode.InternalError;
    throw new McpError(code, redact(explain(error, log).text));
  }
}

function listing(templates: readonly ResourceTemplate[], known: KnownResource): ResourceListing[] {
  const template = templates.find(({ name }) => name === known.template);
  if (template === undefined) return [];
  const uri = template.uriTemplate.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(known.variables[name] ?? ''),
  );
  return [
    {
      uri,
      name: `${template.name} ${known.title}`,
      title: `${template.title}: ${known.title}`,
      mimeType: MIME,
    },
  ];
}

function pageListing({ uri, name, title, description, mimeType, meta }: Page): ResourceListing {
  return { uri, name, title, description, mimeType, _meta: meta };
}

async function pageContent({ mimeType, meta, read }: Page) {
  return { mimeType, text: await read(), _meta: meta };
}

function addressed(
  templates: readonly ResourceTemplate[],
  uri: string,
): { template: ResourceTemplate; variables: Variables } {
  for (const template of templates) {
    const pattern = template.uriTemplate.replace(/\{(\w+)\}/g, '(?<$1>[^/?#]{1,600})');
    const groups = new RegExp(`^${pattern}$`).exec(uri)?.groups;
    if (groups === undefined) continue;
    return {
      template,
      variables: Object.fromEntries(Object.entries(groups).map(([k, v]) => [k, decoded(v)])),
    };
  }
  throw unknownResource();
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw unknownResource();
  }
}

function unknownResource(): McpError {
  return new McpError(
    RESOURCE_NOT_FOUND,
    'There is no resource at this address; see resources/templates/list',
  );
}

function offset(cursor: string | undefined, length: number): number {
  if (cursor === undefined) return 0;
  const start = /^\d{1,6}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (start >= 0 && start <= length) return start;
  throw new McpError(ErrorCode.InvalidParams, 'This is no cursor of this list; begin again without one');
}
