/** Builds every tool result: structured data and self-sufficient text, strangers' words fenced, secrets removed. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type Redact, redactDeep } from '../core/redact.ts';
import { fence, head, plainText } from '../core/text.ts';
import type { ForeignText, ToolOutcome } from './define-tool.ts';
import type { Explanation } from './explain.ts';

// OpenClaw shows about 20k characters of a result and Codex 12k, cutting what is behind; larger blocks only cost.
const MAX_FOREIGN_CHARS = 16_000;

/** A success: text first for clients that show only text, structured data for those that show only that. */
export function renderOutcome(outcome: ToolOutcome<unknown>, redact: Redact): CallToolResult {
  return {
    content: [
      textBlock(redact(outcome.summary)),
      ...(outcome.foreign ?? []).map((part) => foreignBlock(part, redact)),
    ],
    structuredContent: Object(redactDeep(redact, outcome.data)),
  };
}

/** A failure: text only, since clients differ in which of two forms they drop. */
export function renderFailure(explanation: Explanation, redact: Redact): CallToolResult {
  const foreign = explanation.foreign ? [foreignBlock(explanation.foreign, redact)] : [];
  return { isError: true, content: [textBlock(redact(explanation.text)), ...foreign] };
}

function foreignBlock(part: ForeignText, redact: Redact): { type: 'text'; text: string } {
  return textBlock(fence(part.label, head(redact(plainText(part.text)), MAX_FOREIGN_CHARS)));
}

function textBlock(text: string): { type: 'text'; text: string } {
  return { type: 'text', text };
}
