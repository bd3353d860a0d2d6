/** `doctor`: what is wrong with this setup, before any machine is touched, each finding with its remedy. */
import { freemem } from 'node:os';
import { resolve } from 'node:path';
import { version } from '../../package.json';
import type { Environment } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { cloud } from './doctor-cloud.ts';
import type { Finding } from './doctor-finding.ts';
import { localNeeds } from './doctor-local.ts';
import { modelServer } from './doctor-model-server.ts';
import {
  dedalusKey,
  modelKeys,
  nodeVersion,
  privateFiles,
  readSettings,
  readSources,
  stateFolder,
} from './doctor-setup.ts';
import { printer } from './terminal.ts';

export interface DoctorFlags {
  local: boolean;
  json: boolean;
}

export interface DoctorIo {
  /** The settings with every secret in them. @throws AppError `config` when a source of them cannot be used. */
  environment: () => Environment;
  clock: Clock;
  platform: NodeJS.Platform;
  nodeVersion: string;
  /** Bytes. */
  availableMemory: number;
  cwd: string;
  print(text: string): void;
}

/** Runs `doctor` for this process. @returns the exit code. */
export function doctorCommand(flags: DoctorFlags, environment: () => Environment): Promise<number> {
  return doctor(flags, {
    environment,
    clock: systemClock,
    platform: process.platform,
    nodeVersion: process.versions.node,
    availableMemory: freemem(),
    cwd: process.cwd(),
    print: printer(process.stdout),
  });
}

/** Looks, prints, changes nothing. @returns 1 when something must be mended before the server is of use, else 0. */
export async function doctor({ local, json }: DoctorFlags, io: DoctorIo): Promise<number> {
  const findings = await examine(local, io);
  const sound = findings.every(({ state }) => state !== 'problem');
  io.print(json ? `${JSON.stringify({ version, ok: sound, findings }, null, 2)}\n` : report(findings, sound));
  return sound ? 0 : 1;
}

async function examine(local: boolean, io: DoctorIo): Promise<Finding[]> {
  const { clock, platform } = io;
  const { env, findings: sources } = readSources(io.environment);
  const { config, findings: settings } = readSettings(env);
  const key = dedalusKey(env);
  const setup = [
    nodeVersion(io.nodeVersion),
    ...sources,
    ...settings,
    ...(local ? [] : [key]),
    ...modelKeys(env),
    ...(await modelServer(env, clock)),
  ];
  const files = await privateFiles([resolve(io.cwd, '.env'), ...(config ? [config.stateDir] : [])], platform);
  if (!config) return [...setup, ...files];
  const { stateDir, dedalusApiKey } = config;
  setup.push(await stateFolder(stateDir), ...files);
  if (local)
    return [
      ...setup,
      ...(await localNeeds({ platform, env, stateDir, availableMemory: io.availableMemory })),
    ];
  if (dedalusApiKey === undefined || key.state === 'problem') return setup;
  return [...setup, ...(await cloud(env, config, dedalusApiKey, clock))];
}

const MARKS = { ok: '✓', warning: '!', problem: '✗' } as const;

function report(findings: readonly Finding[], sound: boolean): string {
  const lines = findings.flatMap(({ check, state, detail, remedy }) => [
    `${MARKS[state]} ${check.padEnd(15)} ${detail}`,
    ...(remedy === undefined ? [] : [`  ${''.padEnd(15)} → ${remedy}`]),
  ]);
  const end = sound ? 'Ready.' : 'Not ready: mend what is marked ✗, then run this again.';
  return `${[...lines, '', end].join('\n')}\n`;
}
