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
export function readProbe(seen: ReplyOf<'probe'>): Probe {
  return {
    ...told(place, seen),
    memoryTotalMib: seen.memory_total_mib,
    memoryAvailableMib: seen.memory_available_mib,
    diskFreeMib: seen.disk_free_mib,
    diskUsedMib: seen.disk_used_mib,
    uptimeSeconds: seen.uptime_seconds,
    nodeVersion: toldVersion(seen.node_version),
    openclawVersion: toldVersion(seen.openclaw_version),
    hasWorked: seen.has_worked,
    hasState: seen.has_state,
    hasComments: seen.has_comments ?? false,
    config: seen.config,
    fileModes: Object.fromEntries(
      Object.entries(seen.modes).filter(([file, mode]) => FILES.includes(file) && MODE.test(mode)),
    ),
    process: seen.process,
    listening: seen.listening,
    portOwner: seen.port_owner,
    health: seen.health,
    ready: seen.ready,
    startup: seen.startup,
    authenticated: seen.authenticated,
    jobsRunning: seen.jobs_running,
    deploymentName: nameIn(seen.deployment),
    interrupted: seen.interrupted.slice(0, MOST_NAMED),
    gatewayLog: seen.gateway_log,
  };
}

/** Of a machine on which nothing was installed yet. @throws AppError `command_failed`. */
export function readBareProbe({ values, blobs }: BootstrapOutput): Probe {
  const { home, arch, port, ...seen } = told(bare, values);
  const [free = 0, used = 0] = seen.disk_kib.split(' ').map((kib) => Math.floor(Number(kib) / 1024));
  return {
    ...{ home, arch, port },
    memoryTotalMib: Math.floor(seen.memory_kib / 1024),
    memoryAvailableMib: 0,
    diskFreeMib: free,
    diskUsedMib: used,
    uptimeSeconds: undefined,
    nodeVersion: undefined,
    openclawVersion: undefined,
    hasWorked: seen.worked !== undefined,
    hasState: seen.state !== undefined,
    hasComments: false,
    config: seen.config === undefined ? 'missing' : 'not_checked',
    fileModes: {},
    process: 'gone',
    listening: false,
    portOwner: undefined,
    health: 'not_checked',
    ready: 'not_checked',
    startup: 'not_checked',
    authenticated: 'not_checked',
    jobsRunning: [],
    deploymentName: nameIn(parseJson(blobs.deployment)),
    interrupted: [],
    gatewayLog: undefined,
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
