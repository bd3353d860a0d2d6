/** Builds every tool result: structured data and self-sufficient text, strangers' words fenced, secrets removed. */
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { type Redact, redactDeep } from '../core/redact.ts';
import { fence, head, MAX_BLOCK_CHARS, plainText } from '../core/text.ts';
import type { ForeignText, ToolOutcome } from './define-tool.ts';
import type { Explanation } from './explain.ts';

// Of one string of the data: a long reply in full, and no more than a client can bear.
const MAX_STRING_CHARS = 64_000;
// Ours are short; this is for what nobody thought of.
const MAX_SUMMARY_CHARS = 12_000;

/** A success: text first for clients that show only text, structured data for those that show only that. */
export function renderOutcome(outcome: ToolOutcome<unknown>, redact: Redact): CallToolResult {
  return {
    content: [
      textBlock(ourText(outcome.summary, redact)),
      ...(outcome.foreign ?? []).map((part) => foreignBlock(part, redact)),
    ],
    structuredContent: Object(redactDeep((text) => dataText(text, redact), outcome.data)),
  };
}

/** A failure: text only, since clients differ in which of two forms they drop. */
export function renderFailure(explanation: Explanation, redact: Redact): CallToolResult {
  const foreign = explanation.foreign ? [foreignBlock(explanation.foreign, redact)] : [];
  return { isError: true, content: [textBlock(ourText(explanation.text, redact)), ...foreign] };
}

/** Whoever wrote a string of the data: it holds no control characters, and is not without end. */
function dataText(text: string, redact: Redact): string {
  return head(redact(plainText(text)), MAX_STRING_CHARS);
}

function ourText(text: string, redact: Redact): string {
  return head(redact(plainText(text)), MAX_SUMMARY_CHARS);
}

function foreignBlock(part: ForeignText, redact: Redact): { type: 'text'; text: string } {
  return textBlock(fence(part.label, head(redact(plainText(part.text)), MAX_BLOCK_CHARS)));
}

function textBlock(text: string): { type: 'text'; text: string } {
  return { type: 'text', text };
}
