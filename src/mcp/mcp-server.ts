/** The protocol server: lists tools, calls them, and is the only place that catches what they throw. */
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  type CallToolResult,
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type Tool as ToolListing,
} from '@modelcontextprotocol/sdk/types.js';
import type { JsonSchemaValidator, jsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/types.js';
import { AppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Redact } from '../core/redact.ts';
import { personBehind } from './ask-person.ts';
import { rootsBehind } from './client-roots.ts';
import type { CallContext, Tool } from './define-tool.ts';
import { explain } from './explain.ts';
import { jsonSchema } from './json-schema.ts';
import { progressSender } from './progress.ts';
import { renderFailure, renderOutcome } from './render.ts';

export interface McpServerOptions<Services> {
  name: string;
  title: string;
  version: string;
  instructions: string;
  tools: readonly Tool<Services>[];
  services: Services;
  redact: Redact;
  log: Log;
}

/** A server that is not yet connected to a transport. */
export function mcpServer<Services>(options: McpServerOptions<Services>): Server {
  const { tools, services, redact, log } = options;
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  // Made at the first question: clients wait for the answer to initialize, not for schemas.
  let listing: ToolListing[] | undefined;
  const server = new Server(
    { name: options.name, title: options.title, version: options.version },
    { capabilities: { tools: {} }, instructions: options.instructions, jsonSchemaValidator: judgedByAsker },
  );
  server.setRequestHandler(ListToolsRequestSchema, () => {
    listing ??= tools.map(listTool);
    return { tools: listing };
  });
  server.setRequestHandler(CallToolRequestSchema, (request, extra) => {
    const tool = byName.get(request.params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, 'There is no tool with this name; see tools/list');
    const progress = progressSender(extra._meta?.progressToken, redact, extra.sendNotification);
    return callTool(
      tool,
      request.params.arguments,
      {
        services,
        signal: extra.signal,
        progress,
        ask: personBehind(server),
        roots: rootsBehind(server),
        client: server.getClientVersion(),
      },
      redact,
      log,
    );
  });
  server.onerror = (error) => log.warn('protocol error', { error: error.message });
  return server;
}

/**
 * Takes every answer of a person: it is one box, which `ask-person.ts` checks itself. The SDK's own validator would take a
 * seventh of the time of a start.
 */
const judgedByAsker: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

async function callTool<Services>(
  tool: Tool<Services>,
  args: unknown,
  context: CallContext<Services>,
  redact: Redact,
  log: Log,
): Promise<CallToolResult> {
  try {
    return renderOutcome(await tool.call(args, context), redact);
  } catch (error) {
    // A cancelled call ends with whatever reason its client gave, which is no defect; its answer is never sent.
    const failure = context.signal.aborted
      ? new AppError('cancelled', 'The client cancelled the call')
      : error;
    return renderFailure(explain(failure, log), redact);
  }
}

function listTool<Services>(tool: Tool<Services>): ToolListing {
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: jsonSchema(tool.input, 'input'),
    outputSchema: jsonSchema(tool.output, 'output'),
    annotations: tool.annotations,
    ...(tool.meta && { _meta: tool.meta }),
  };
}
