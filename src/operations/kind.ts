/**
 * How a kind of long work is declared. A new kind is one file that calls `declareKind`, and one line in the list
 * `workflows/kinds.ts`; nothing else names the kinds. Such a file holds:
 *
 * - `name`: the first word of its operations' ids, in lower-case letters.
 * - `input`, `state`: schemas of what its record must hold when it begins; a start that does not fit is a defect.
 * - `result`: schema of the fields that callers are shown, in snake_case. Fields of several kinds that have one name
 *   must mean the same; `workflows/result-fields.ts` holds the shared ones.
 * - `early`: those of these fields that its input or state tells, for as long as its result does not.
 * - `notBeside`: the kinds that must not run on the same machine meanwhile; none where it is left out.
 * - `work`: makes `run`, `cancel` and `recover` (see `OperationKind`) from what they need of the server.
 * - `words`: what is said about it.
 */
import * as z from 'zod';
import type { OperationKind } from './ports.ts';
import type { Json, JsonObject, OperationRecord } from './record.ts';

/** Text that somebody else wrote, with a label of ours that says who. */
export interface Quote {
  label: string;
  text: string;
}

export interface KindWords<Fields> {
  /** Begins the sentences about it: "Deploying OpenClaw", "The backup". */
  subject: string;
  /** What another call hears that has to wait for it: "a backup". */
  noun: string;
  /** Its status once it is done, where "done" would say too little. */
  doneAs?: 'ready';
  /** What came of it, in phrases of ours that one sentence joins; what is undefined is left out. */
  details(fields: Fields): readonly (string | undefined)[];
  /** The call to make once it is done. */
  next(fields: Fields): string;
  /** What strangers wrote, for clients that show only text. */
  quotes?(fields: Fields, result: Readonly<JsonObject>): readonly Quote[];
  /** Fields that strangers wrote, as a reader names them. */
  fromOthers?(fields: Fields): readonly string[];
}

export interface KindDeclaration<Deps, Result extends z.ZodObject> {
  name: string;
  input: z.ZodObject;
  state?: z.ZodObject;
  result: Result;
  early?(record: Readonly<OperationRecord>): { [field: string]: Json | undefined };
  notBeside?: readonly string[];
  /** Whether this one, by its input, changes nothing: it runs beside anything, and anything beside it. */
  onlyLooks?(input: Readonly<JsonObject>): boolean;
  /** Whether this one, by its input, takes keys of this server to a machine; never where it is left out. */
  takesKeys?(input: Readonly<JsonObject>): boolean;
  work(deps: Deps): OperationKind;
  words: KindWords<Partial<z.output<Result>>>;
}

/** What a record's kind says about it. */
export interface Described {
  subject: string;
  doneAs: 'ready' | 'done';
  /** By the names of the kind's result; what is absent, or not as its schema has it, is left out. */
  fields: Readonly<Record<string, unknown>>;
  details: readonly string[];
  next: string;
  quotes: readonly Quote[];
  fromOthers: readonly string[];
}

/** A declaration whose schemas are no longer known to the compiler. */
export interface Kind<Deps> {
  name: string;
  result: z.ZodObject;
  onlyLooks(input: Readonly<JsonObject>): boolean;
  takesKeys(input: Readonly<JsonObject>): boolean;
  work: (deps: Deps) => OperationKind;
  describe(record: Readonly<OperationRecord>): Described;
}

/** Makes a kind out of its declaration. */
export function declareKind<Deps, Result extends z.ZodObject>(
  declaration: KindDeclaration<Deps, Result>,
): Kind<Deps> {
  const { name, input, state, result, notBeside = [], onlyLooks = () => false, words } = declaration;
  return {
    name,
    result,
    onlyLooks,
    takesKeys: declaration.takesKeys ?? (() => false),
    work: (deps) => ({
      ...declaration.work(deps),
      noun: words.noun,
      notBeside,
      onlyLooks,
      check(request) {
        input.parse(request.input);
        state?.parse(request.state ?? {});
      },
    }),
    describe(record) {
      const fields = fieldsOf(result, {
        machine_id: record.machineId,
        ...declaration.early?.(record),
        ...record.result,
      });
      return {
        subject: words.subject,
        doneAs: words.doneAs ?? 'done',
        fields,
        details: words.details(fields).filter((detail) => detail !== undefined),
        next: words.next(fields),
        quotes: words.quotes?.(fields, record.result ?? {}) ?? [],
        fromOthers: words.fromOthers?.(fields) ?? [],
      };
    },
  };
}

/** Field by field: a record of another version, or a damaged one, is told as far as it can be read. */
function fieldsOf<Result extends z.ZodObject>(
  schema: Result,
  told: Readonly<Record<string, unknown>>,
): Partial<z.output<Result>> {
  const readable = Object.entries<z.core.$ZodType>(schema.shape).flatMap(([name, field]) => {
    const value = told[name];
    return value === undefined || value === null || !z.safeParse(field, value).success ? [] : [[name, value]];
  });
  const fields: unknown = schema.partial().parse(Object.fromEntries(readable));
  return isOf(schema, fields) ? fields : {};
}

/** For the compiler, which cannot tell what a schema of any shape makes of its own fields. */
function isOf<Result extends z.ZodObject>(
  schema: Result,
  fields: unknown,
): fields is Partial<z.output<Result>> {
  return schema.partial().safeParse(fields).success;
}

/** By name, as `operations` takes them. */
export function workOf<Deps>(
  kinds: readonly Kind<Deps>[],
  deps: Deps,
): Readonly<Record<string, OperationKind>> {
  return Object.fromEntries(kinds.map((kind) => [kind.name, kind.work(deps)]));
}
