/** What the API accepts, per generation; unknown fields are refused as the service does. */
import * as z from 'zod';
import { type Generation, type MachineSize, type PortRequest, parseAutosleep } from '../machines/model.ts';
import { type FieldProblem, invalid } from './problems.ts';

const vcpu = z.number().positive().multipleOf(0.25);
const mib = z.int().positive();
const gib = z.int().positive();
const autosleep = z.string().transform((text, context) => {
  const seconds = parseAutosleep(text);
  if (seconds !== undefined) return seconds;
  context.addIssue({ code: 'custom', message: 'expected a duration like 30m, 7d3h4s, 1800 or never' });
  return z.NEVER;
});

const DEFAULT_AUTOSLEEP_SECONDS = 300;

const createOld = z.strictObject({ vcpu, memory_mib: mib, storage_gib: gib });
const createWithAutosleep = createOld.extend({ autosleep: autosleep.default(DEFAULT_AUTOSLEEP_SECONDS) });
const createNew = z.strictObject({
  vcpu: vcpu.default(1),
  memory_mib: mib.default(4096),
  storage_gib: gib.default(10),
  autosleep: autosleep.default(DEFAULT_AUTOSLEEP_SECONDS),
});

const updateOld = createOld.partial();
const updateWithAutosleep = updateOld.extend({ autosleep: autosleep.optional() });

// Every command is kept with its execution and shown in lists; Linux takes 128 KiB a word.
const MAX_COMMAND_LENGTH = 512 * 1024;
const MAX_TIMEOUT_MS = 86_400_000;

const execution = z.strictObject({
  // The schema allows null, but there is nothing to run then.
  command: z
    .array(z.string())
    .min(1)
    .refine(
      (words) => words.reduce((sum, word) => sum + word.length, 0) <= MAX_COMMAND_LENGTH,
      'is too long',
    ),
  cwd: z.string().optional(),
  env: z.record(z.string().regex(/^[^=\0]+$/), z.string()).optional(),
  stdin: z.string().optional(),
  timeout_ms: z.int().positive().max(MAX_TIMEOUT_MS).optional(),
});
const portNew = z.strictObject({
  port: z.int().min(1).max(65_535),
  protocol: z.enum(['http', 'https']).default('http'),
});
const portOld = portNew.extend({ visibility: z.enum(['public', 'private', 'org']).default('private') });
const page = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().optional(),
});

export type ExecutionRequest = z.infer<typeof execution>;
export type PageRequest = z.infer<typeof page>;
/** Fields that are absent stay as they are. */
export type MachinePatch = { [K in keyof MachineSize]: MachineSize[K] | undefined };

export function parseCreate(generation: Generation, body: unknown): MachineSize {
  // Generation 1 knows no autosleep field, but its machines sleep after the same default.
  const { memory_mib, storage_gib, autosleep, vcpu } =
    generation === 1
      ? { ...parse(createOld, body, 'body'), autosleep: DEFAULT_AUTOSLEEP_SECONDS }
      : parse(generation === 2 ? createWithAutosleep : createNew, body, 'body');
  return { vcpu, memoryMib: memory_mib, storageGib: storage_gib, autosleepSeconds: autosleep };
}

export function parseUpdate(generation: Generation, body: unknown): MachinePatch {
  const { memory_mib, storage_gib, autosleep, vcpu } =
    generation === 1
      ? { ...parse(updateOld, body, 'body'), autosleep: undefined }
      : parse(updateWithAutosleep, body, 'body');
  return { vcpu, memoryMib: memory_mib, storageGib: storage_gib, autosleepSeconds: autosleep };
}

export function parseExecution(body: unknown): ExecutionRequest {
  return parse(execution, body, 'body');
}

export function parsePort(generation: Generation, body: unknown): PortRequest {
  if (generation !== 3) return parse(portOld, body, 'body');
  return { ...parse(portNew, body, 'body'), visibility: undefined };
}

export function parsePage(query: Record<string, string>): PageRequest {
  return parse(page, query, 'query');
}

/** For POSTs that take no body. */
export function parseNothing(body: unknown): void {
  parse(z.strictObject({}), body, 'body');
}

/** @throws ApiProblem 422 that lists every fault, without the offending values: `env` may hold secrets. */
export function parse<T>(schema: z.ZodType<T>, value: unknown, root: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw invalid(...result.error.issues.flatMap((issue) => complaints(issue, root)));
}

function complaints(issue: z.core.$ZodIssue, root: string): FieldProblem[] {
  const location = [root, ...issue.path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ location: `${location}.${key}`, message: 'unexpected property' }));
  }
  return [{ location, message: issue.message }];
}
