/** What only a person may decide: asked on their terminal, and a destroy only after they saw what would be lost. */
import * as z from 'zod';
import type { AskPerson } from '../../mcp/ask-person.ts';
import { printer } from '../terminal.ts';
import { typedLine } from '../typed-line.ts';
import type { Told } from './call.ts';
import { type CommandIo, hasPerson } from './io.ts';

/** Whether the person typed yes; every other answer, Ctrl-C and the end of the input are a no. */
export async function agrees(io: CommandIo, question: string, signal?: AbortSignal): Promise<boolean> {
  printer(io.stderr)(`${question} [y/N] `);
  return /^y(?:es)?$/i.test(((await typedLine(io.stdin, io.stderr, signal)) ?? '').trim());
}

/** For tools that ask; undefined where there is nobody. */
export function askOnTerminal(io: CommandIo): AskPerson | undefined {
  if (!hasPerson(io)) return undefined;
  return async ({ message, consent }, { signal }) => {
    printer(io.stderr)(`${message}\n`);
    return (await agrees(io, `${consent}?`, signal)) ? 'agreed' : 'refused';
  };
}

const planSchema = z.object({
  confirmation: z.string(),
  plan: z.object({
    machine_id: z.string(),
    name: z.string().optional(),
    phase: z.string(),
    age: z.string().optional(),
    sessions: z.string(),
    last_activity: z.string(),
  }),
});

/** What a destroy would take, and the proof that it was shown; undefined where nothing has to be confirmed. */
export function destroyPlanOf(told: Told): z.output<typeof planSchema> | undefined {
  return told.status === 'confirmation_needed' ? planSchema.parse(told) : undefined;
}

/** The plan for a person's eyes. */
export function planLines({ plan }: z.output<typeof planSchema>): string {
  return [
    'This would be lost for good, with all files and keys on it:',
    `  machine        ${plan.machine_id}${plan.name === undefined ? '' : ` (${plan.name})`}`,
    `  phase          ${plan.phase}${plan.age === undefined ? '' : `, ${plan.age} old`}`,
    `  sessions       ${plan.sessions}`,
    `  last activity  ${plan.last_activity}`,
    'To keep it in a file first: `backup`. `sleep` keeps everything and stops the cost.',
    '',
  ].join('\n');
}
