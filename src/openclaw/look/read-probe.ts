/** Reads what a machine says of all its layers. */
import * as z from 'zod';
import { AppError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import { isToldPath, toldVersion } from '../../core/text.ts';
import type { ReplyOf } from '../../sidecar/protocol.ts';
import type { Probe } from '../ports.ts';
import type { BootstrapOutput } from '../sidecar/bootstrap-output.ts';

const count = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const place = z.object({
  home: z.string().refine(isToldPath),
  arch: z.string().regex(/^[A-Za-z0-9_]{1,20}$/),
  port: z.coerce.number().int().min(1).max(65_535),
});
const said = z.optional(z.literal('yes'));
// What a bare bash can tell, as `kib` and "free used" of the disk.
const bare = z.object({
  ...place.shape,
  memory_kib: count,
  disk_kib: z.string().regex(/^\d{1,15} \d{1,15}$/),
  state: said,
  worked: said,
  config: said,
});
// As deploy_openclaw takes it; whatever else is there was written by somebody on the machine.
const deployment = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/) });
const FILES = ['openclaw.json', 'secrets.json', 'auth'];
const MODE = /^[0-7]{3,4}$/;
const MOST_NAMED = 20;

/** @throws AppError `command_failed` where it says what no machine is. */
export function readProbe({ deployment, ...seen }: ReplyOf<'probe'>): Probe {
  const modes = Object.entries(seen.modes).filter(([file, mode]) => FILES.includes(file) && MODE.test(mode));
  return {
    ...seen,
    ...told(place, seen),
    node_version: toldVersion(seen.node_version),
    openclaw_version: toldVersion(seen.openclaw_version),
    modes: Object.fromEntries(modes),
    deployment_name: nameIn(deployment),
    interrupted: seen.interrupted.slice(0, MOST_NAMED),
  };
}

/** Of a machine on which nothing was installed yet. @throws AppError `command_failed`. */
export function readBareProbe({ values, blobs }: BootstrapOutput): Probe {
  const { memory_kib, disk_kib, state, worked, config, ...seen } = told(bare, values);
  const [free = 0, used = 0] = disk_kib.split(' ').map((kib) => Math.floor(Number(kib) / 1024));
  return {
    ...seen,
    memory_total_mib: Math.floor(memory_kib / 1024),
    memory_available_mib: 0,
    disk_free_mib: free,
    disk_used_mib: used,
    node_version: undefined,
    openclaw_version: undefined,
    has_worked: worked !== undefined,
    has_state: state !== undefined,
    config: config === undefined ? 'missing' : 'not_checked',
    modes: {},
    process: 'gone',
    listening: false,
    health: 'not_checked',
    ready: 'not_checked',
    startup: 'not_checked',
    authenticated: 'not_checked',
    jobs_running: [],
    deployment_name: nameIn(parseJson(blobs.deployment)),
    interrupted: [],
  };
}

function told<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new AppError('command_failed', "The machine's account of itself cannot be read");
}

function nameIn(value: unknown): string | undefined {
  const read = deployment.safeParse(value);
  return read.success ? read.data.name : undefined;
}
