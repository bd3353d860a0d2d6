/** Long work as tools return it, and what get_operation says of it later. */
import { type Fields, fields, list, number, text, texts } from './read.ts';
import { sizeOf, withoutConfirmation } from './words.ts';

export type Operation = NonNullable<ReturnType<typeof operationOf>>;
export type Stage = Operation['stages'][number];
export type MadeFile = Operation['made'][number];
/** No tool says that it is unknown: the page does, where nobody answers any more. */
export type Status = 'running' | 'ready' | 'done' | 'failed' | 'cancelled' | 'unknown';

const STATUSES: readonly Status[] = ['running', 'ready', 'done', 'failed', 'cancelled'];

export function operationOf(value: unknown) {
  const data = fields(value);
  const id = text(data.operation_id);
  const status = STATUSES.find((one) => one === data.status);
  if (id === undefined || status === undefined) return undefined;
  const next = text(data.next);
  return {
    id,
    kind: text(data.kind) ?? 'operation',
    status,
    stages: list(data.stages, stageOf),
    seconds: number(data.elapsed_seconds) ?? 0,
    machineId: text(data.machine_id),
    name: text(data.name),
    notes: texts(data.notes).map(withoutConfirmation),
    next: next && withoutConfirmation(next),
    error: data.error === undefined ? undefined : errorOf(fields(data.error)),
    reply: text(data.reply),
    session: text(data.session),
    model: text(data.model),
    tokens: number(fields(data.usage).total_tokens),
    finish: text(data.finish_reason),
    /** Each list with what it says, in the order in which a person asks. */
    lists: listsOf(data),
    facts: factsOf(data),
    made: list(data.files, fileOf),
    madeNote: text(data.files_note),
    /** Where a file was saved on the person's computer. */
    saved: text(fields(data.carried).local),
  };
}

function stageOf(value: unknown) {
  const { name, seconds } = fields(value);
  return typeof name === 'string' ? { name, seconds: number(seconds) ?? 0 } : undefined;
}

function errorOf({ message, said }: Fields) {
  return { message: withoutConfirmation(text(message) ?? 'It failed.'), said: text(said) };
}

function fileOf(value: unknown) {
  const { path, bytes, type } = fields(value);
  return typeof path === 'string' ? { path, bytes: number(bytes), type: text(type) } : undefined;
}

function listsOf({ found, done, left, repaired }: Fields) {
  return [
    { what: 'Found', entries: texts(found) },
    { what: 'Mended', entries: [...texts(done), ...texts(repaired)] },
    { what: 'Left for a person', entries: texts(left) },
  ].filter(({ entries }) => entries.length > 0);
}

function factsOf(data: Fields) {
  const upgrade = fields(data.upgrade);
  const backup = fields(data.backup);
  const known = {
    Machine: text(data.machine_id),
    Phase: text(data.phase),
    OpenClaw: text(data.openclaw_version),
    Before: text(upgrade.from),
    Node: text(data.node_version),
    Model: text(data.model),
    File: text(backup.file),
    Size: sizeOf(number(backup.bytes)),
    'SHA-256': text(backup.sha256),
  };
  return Object.entries(known).flatMap(([what, value]) => (value === undefined ? [] : [{ what, value }]));
}
