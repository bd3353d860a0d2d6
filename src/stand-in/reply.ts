/** The stand-in model's own answers: open about what they are, and proof that question and history arrived. */
import { type ModelRequest, questions } from './conversation.ts';

export const INTRODUCTION = 'I am the stand-in model of the demo, not a real one.';

// Long enough to recognise a message, short enough to read in a terminal.
const QUOTE_LENGTH = 280;
const QUOTES = 5;
const ASKS_FOR_HISTORY =
  /\b(?:remember|recall|earlier|previous(?:ly)?|before|first|so far|did i (?:just )?(?:say|tell|ask|mention)|have i (?:said|told|asked)|i (?:said|told|asked|mentioned))\b/i;

/** Answers from the request alone, so that the same conversation always gets the same answer. */
export function standInReply(request: ModelRequest): string {
  const { question } = request;
  const earlier = questions(request.turns).slice(0, -1);
  if (!ASKS_FOR_HISTORY.test(question)) {
    return `${INTRODUCTION} You said: "${quote(question)}" (message ${earlier.length + 1} of this conversation).`;
  }
  if (earlier.length === 0) {
    return `${INTRODUCTION} You ask "${quote(question)}", but this is the first message of this conversation that reached me.`;
  }
  const quotes = earlier.slice(0, QUOTES).map((text) => `"${quote(text)}"`);
  const more = earlier.length > QUOTES ? ` and ${earlier.length - QUOTES} more` : '';
  return `${INTRODUCTION} You ask "${quote(question)}". Earlier in this conversation you told me: ${quotes.join(', then ')}${more}.`;
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= QUOTE_LENGTH ? line : `${line.slice(0, QUOTE_LENGTH).toWellFormed()}…`;
}
