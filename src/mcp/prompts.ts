/** Prompts: a few beginnings that a person chooses from a menu instead of writing them. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod';
import type { Log } from '../core/log.ts';
import type { Redact } from '../core/redact.ts';
import { parseInput } from './parse-input.ts';
import { inOurWords } from './resources.ts';

/** What the writer of a prompt may build on. */
export interface PromptContext {
  /** Whether this server hands out the tool. */
  has(tool: string): boolean;
}

export interface Prompt {
  name: string;
  title: string;
  description: string;
  /** Without each of these tools the prompt leads nowhere, and is not listed. */
  needs: readonly string[];
  /** Strings only: clients ask a person for each of them. */
  arguments: z.ZodObject;
  /** What the person would have written. */
  text(args: unknown, context: PromptContext): string;
}

/** Declares a prompt whose text sees its parsed arguments. */
export function definePrompt<Arguments extends z.ZodObject>(
  declaration: Omit<Prompt, 'arguments' | 'text'> & {
    arguments: Arguments;
    text(args: z.output<Arguments>, context: PromptContext): string;
  },
): Prompt {
  return {
    ...declaration,
    text: (args, context) =>
      declaration.text(parseInput(declaration.name, declaration.arguments, args), context),
  };
}

export interface ServePromptsOptions {
  /** Names of the tools that this server hands out. */
  tools: readonly string[];
  /** An argument that the owner of the server has decided: it is not asked for. */
  fixed: string | undefined;
  redact: Redact;
  log: Log;
}

/** Answers `prompts/*`. To be called before the server is connected. */
export function servePrompts(server: Server, prompts: readonly Prompt[], options: ServePromptsOptions): void {
  const { tools, fixed, redact, log } = options;
  const has = (tool: string) => tools.includes(tool);
  const offered = prompts.filter(({ needs }) => needs.every(has));
  server.registerCapabilities({ prompts: {} });
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: offered.map((prompt) => ({
      name: prompt.name,
      title: prompt.title,
      description: prompt.description,
      arguments: Object.entries(prompt.arguments.shape)
        .filter(([name]) => name !== fixed)
        .map(([name, field]) => ({ name, description: described(field), required: isRequired(field) })),
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) =>
    inOurWords(log, redact, async () => {
      const prompt = offered.find(({ name }) => name === params.name);
      if (prompt === undefined) {
        throw new McpError(ErrorCode.InvalidParams, 'There is no prompt with this name; see prompts/list');
      }
      const given = Object.entries(params.arguments ?? {}).filter(
        ([name, value]) => name !== fixed && value !== '',
      );
      const text = redact(prompt.text(Object.fromEntries(given), { has }));
      return {
        description: prompt.description,
        messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
      };
    }),
  );
}

function described(field: z.core.$ZodType): string {
  return 'description' in field && typeof field.description === 'string' ? field.description : '';
}

function isRequired(field: z.core.$ZodType): boolean {
  return !(
    'safeParse' in field &&
    typeof field.safeParse === 'function' &&
    field.safeParse(undefined).success
  );
}
