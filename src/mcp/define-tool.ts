/** How a tool is declared, and what the server makes of it. */
import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import type * as z from 'zod';
import type { AskPerson } from './ask-person.ts';
import type { ClientRoots } from './client-roots.ts';

/** What calling a tool can do to the world. All four protocol hints and the safety modes derive from it. */
export type Effect = 'read' | 'write' | 'destroy';

/** By the client's own key. */
export type ToolMeta = Readonly<Record<string, unknown>>;

/** Claude Code defers long lists of tools behind a search; these three are what a first call and a wait need. */
export const ALWAYS_LOADED: ToolMeta = { 'anthropic/alwaysLoad': true };
/** Claude Code asks its person before every call, whatever was allowed before; where there is nobody, it denies. */
export const ASKS_PERSON: ToolMeta = { 'anthropic/requiresUserInteraction': true };

/** A block that somebody else wrote: an assistant's reply, log lines, a transcript. */
export interface ForeignText {
  /** Who wrote it, in our words. */
  label: string;
  text: string;
}

export interface ToolOutcome<Output> {
  /** Short, in our own words, sufficient without the data: ids, state and the next call. */
  summary: string;
  /** Complete without the summary. */
  data: Output;
  foreign?: readonly ForeignText[] | undefined;
}

export interface ProgressUpdate {
  progress: number;
  /** Our own words. */
  message: string;
  /** What somebody else has written so far; its end is shown behind our words, fenced. */
  foreign?: ForeignText | undefined;
}

/** What a client calls itself: a stranger's words. */
export interface ClientName {
  name: string;
  version: string;
}

/** The client that made this call. */
export interface CallContext<Services> {
  services: Services;
  /** Ends the wait for an answer, never the work. */
  signal: AbortSignal;
  /** Shown while waiting; undefined where the client did not ask for progress. */
  progress?: ((update: ProgressUpdate) => void) | undefined;
  /** Undefined where the client cannot ask a person. */
  ask: AskPerson | undefined;
  /** The folders that its person works in. */
  roots?: ClientRoots | undefined;
  client?: ClientName | undefined;
  /**
   * To be awaited by a tool right before it changes something itself, without an operation: from there on the call is in
   * the log of this computer, however it ends.
   */
  changing?: ((machineId: string | undefined) => Promise<void>) | undefined;
}

/** The calls of a tool that only read, for a server that does nothing else. */
export interface Reading {
  description: string;
  /** The tool's own fields, narrowed to what changes nothing; those that are left out have their defaults. */
  input: z.ZodObject;
}

export interface ToolDeclaration<Services, Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  /** When to use it, what it returns, what to call next. The first 300 characters count most. */
  description: string;
  effect: Effect;
  /** What some clients read beside the protocol's hints, under their own names. */
  meta?: ToolMeta | undefined;
  /** Whether calling it again with the same arguments changes nothing more. */
  idempotent: boolean;
  /** Where some of its calls only read; undefined where all or none do. */
  reading?: Reading | undefined;
  input: Input;
  output: Output;
  run(input: z.output<Input>, context: CallContext<Services>): Promise<ToolOutcome<z.input<Output>>>;
}

/** A tool whose schemas are no longer known to the compiler; arguments are parsed before `run` sees them. */
export interface Tool<Services>
  extends Pick<
    ToolDeclaration<Services, z.ZodObject, z.ZodObject>,
    'name' | 'title' | 'description' | 'effect' | 'meta' | 'input' | 'output'
  > {
  annotations: ToolAnnotations;
  /** Under the same name, what of it changes nothing; undefined where that is all or nothing. */
  reading: Tool<Services> | undefined;
  /** @param args anything a client sent. @throws AppError `invalid_input`, and what the tool throws. */
  call(args: unknown, context: CallContext<Services>): Promise<ToolOutcome<unknown>>;
}

/** Checks the arguments strictly, runs, and checks the result against the tool's own promise. */
export type ParseInput = <Input extends z.ZodObject>(
  tool: string,
  input: Input,
  args: unknown,
) => z.output<Input>;

/** Makes a tool out of its declaration. */
export function toolDefiner<Services>(parse: ParseInput) {
  return <Input extends z.ZodObject, Output extends z.ZodObject>(
    declaration: ToolDeclaration<Services, Input, Output>,
  ): Tool<Services> => {
    const { idempotent, reading, run, ...about } = declaration;
    const whole: Tool<Services> = {
      ...about,
      annotations: annotationsOf({ ...about, idempotent }),
      reading: undefined,
      async call(args, context) {
        const outcome = await run(parse(about.name, about.input, args), context);
        return { ...outcome, data: about.output.parse(outcome.data) };
      },
    };
    return reading === undefined ? whole : { ...whole, reading: narrowed(whole, reading, parse) };
  };
}

function narrowed<Services>(
  whole: Tool<Services>,
  { description, input }: Reading,
  parse: ParseInput,
): Tool<Services> {
  return {
    ...whole,
    description,
    effect: 'read',
    annotations: annotationsOf({ title: whole.title, effect: 'read', idempotent: true }),
    input,
    call: async (args, context) => whole.call(parse(whole.name, input, args), context),
  };
}

function annotationsOf(tool: { title: string; effect: Effect; idempotent: boolean }): ToolAnnotations {
  return {
    title: tool.title,
    readOnlyHint: tool.effect === 'read',
    destructiveHint: tool.effect === 'destroy',
    idempotentHint: tool.effect === 'read' || tool.idempotent,
    // Every tool reaches machines and models outside this computer's control.
    openWorldHint: true,
  };
}
