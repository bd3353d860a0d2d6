/** Reads what `probe` printed into typed layers. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { isToldPath, toldVersion } from '../core/told.ts';
import { readReply } from './ask-sidecar.ts';
import type { Probe } from './ports.ts';
import type { ScriptOutput } from './script-output.ts';

const count = z.coerce.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const version = z.string().transform(toldVersion);

const output = z.object({
  home: z.string().refine(isToldPath),
  arch: z.string().regex(/^[A-Za-z0-9_]{1,20}$/),
  port: z.coerce.number().int().min(1).max(65_535),
  memory_total_mib: count,
  memory_available_mib: count,
  disk_free_mib: count,
  disk_used_mib: count,
  uptime_seconds: z.string().transform((text) => (/^\d{1,12}$/.test(text) ? Number(text) : undefined)),
  node_version: version,
  openclaw_version: version,
  has_worked: z.enum(['yes', 'no']),
  has_state: z.enum(['yes', 'no']),
  config: z.enum(['valid', 'invalid', 'missing', 'not_checked']),
  process: z.enum(['running', 'gone']),
  listening: z.enum(['yes', 'no']),
  port_owner: z.string().optional(),
  health: z.enum(['live', 'no', 'not_checked']),
  ready: z.enum(['yes', 'starting', 'draining', 'no', 'not_checked']),
  startup: z.enum(['json', 'unsupported', 'not_checked']),
  authenticated: z.enum(['yes', 'refused', 'no_token', 'no', 'not_checked']),
  jobs_running: z.string(),
});

// As deploy_openclaw takes it; whatever else is there was written by somebody on the machine.
const deployment = z.object({ name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/) });
const FILES = { openclaw_json: 'openclaw.json', secrets_json: 'secrets.json', auth: 'auth' } as const;

/** @throws AppError `command_failed` when it is not what `probe` prints. */
export function readProbe({ values, blobs }: ScriptOutput): Probe {
  const read = output.safeParse(values);
  if (!read.success) throw new AppError('command_failed', "The machine's account of itself cannot be read");
  const seen = read.data;
  return {
    home: seen.home,
    arch: seen.arch,
    port: seen.port,
    memoryTotalMib: seen.memory_total_mib,
    memoryAvailableMib: seen.memory_available_mib,
    diskFreeMib: seen.disk_free_mib,
    diskUsedMib: seen.disk_used_mib,
    uptimeSeconds: seen.uptime_seconds,
    nodeVersion: seen.node_version,
    openclawVersion: seen.openclaw_version,
    hasWorked: seen.has_worked === 'yes',
    hasState: seen.has_state === 'yes',
    config: seen.config,
    fileModes: Object.fromEntries(
      Object.entries(FILES).flatMap(([name, file]) => {
        const mode = values[`mode.${name}`];
        return mode === undefined ? [] : [[file, mode]];
      }),
    ),
    process: seen.process,
    listening: seen.listening === 'yes',
    portOwner: seen.port_owner,
    health: seen.health,
    ready: seen.ready,
    startup: seen.startup,
    authenticated: seen.authenticated,
    jobsRunning: seen.jobs_running.split(' ').filter((id) => id !== ''),
    deploymentName: deploymentName(blobs.deployment),
    interrupted: interruptedIn(blobs.interrupted),
    gatewayLog: blobs.gateway_log,
  };
}

const MOST_NAMED = 20;

/** Keys of sessions; none where the machine could not be asked. @throws as readReply. */
export function interruptedIn(reply: string | undefined): readonly string[] {
  if (reply === undefined) return [];
  return readReply('interrupted_sessions', reply).keys.slice(0, MOST_NAMED);
}

function deploymentName(text: string | undefined): string | undefined {
  try {
    const read = deployment.safeParse(JSON.parse(text ?? 'null'));
    return read.success ? read.data.name : undefined;
  } catch {
    return undefined;
  }
}
