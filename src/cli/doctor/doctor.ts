/** `doctor`: what is wrong with this setup, before any machine is touched, each finding with its remedy. */
import { freemem } from 'node:os';
import { resolve } from 'node:path';
import { version } from '../../../package.json';
import { isSound } from '../../config/faults.ts';
import { secretValues } from '../../config/secret-sources.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { told } from '../../core/defect.ts';
import { type Log, lineLog } from '../../core/log.ts';
import { redactor } from '../../core/redact.ts';
import { type ProcessEnvironment, processEnvironment } from '../environment.ts';
import { printer } from '../terminal.ts';
import { cloud } from './cloud.ts';
import { type Finding, problem } from './finding.ts';
import { localNeeds } from './local.ts';
import { modelServer } from './model-server.ts';
import {
  dedalusKey,
  dotenvFinding,
  modelKeys,
  nodeVersion,
  privateFiles,
  settingFindings,
  stateFolder,
} from './setup.ts';

export interface DoctorFlags {
  local: boolean;
  json: boolean;
}

export interface DoctorIo {
  settings: ProcessEnvironment;
  clock: Clock;
  platform: NodeJS.Platform;
  nodeVersion: string;
  /** Bytes. */
  availableMemory: number;
  cwd: string;
  print(text: string): void;
  /** Takes the stack of what no look at a setup should throw. */
  log: Log;
}

/** Runs `doctor` for this process. @returns the exit code. */
export function doctorCommand(flags: DoctorFlags): Promise<number> {
  return doctor(flags, {
    settings: processEnvironment({ local: flags.local }),
    clock: systemClock,
    platform: process.platform,
    nodeVersion: process.versions.node,
    availableMemory: freemem(),
    cwd: process.cwd(),
    print: printer(process.stdout),
    log: lineLog((line) => process.stderr.write(`${line}\n`), redactor(secretValues(process.env))),
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
  const { clock, platform, availableMemory, cwd, log } = io;
  const { env, config, faults, ignored } = io.settings;
  const { stateDir } = config;
  const looks: [string, () => Finding[] | Promise<Finding[]>][] = [
    ['node', () => [nodeVersion(io.nodeVersion)]],
    ['settings', () => settingFindings(faults)],
    ['.env', () => dotenvFinding(ignored)],
    ['Dedalus key', () => (local ? [] : [dedalusKey(env, faults)])],
    ['provider key', () => modelKeys(env, faults)],
    ['model server', () => modelServer(env, clock)],
    [
      'state folder',
      async () => (isSound('OPENCLAW_MCP_STATE_DIR', faults) ? [await stateFolder(stateDir)] : []),
    ],
    ['private file', () => privateFiles([resolve(cwd, '.env'), stateDir], platform)],
    ['local machines', () => (local ? localNeeds({ platform, env, stateDir, availableMemory }) : [])],
    ['Dedalus API', () => (local ? [] : cloudFindings(io.settings, clock))],
  ];
  const found: Finding[] = [];
  // One after the other, and each for itself: what goes wrong with one look hides no other finding.
  for (const [check, look] of looks) found.push(...(await looked(check, look, log)));
  return found;
}

async function looked(
  check: string,
  look: () => Finding[] | Promise<Finding[]>,
  log: Log,
): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const { message, next } = told(error, `look at "${check}"`, log);
    return [problem(check, message, next ?? 'Put that right.')];
  }
}

/** Nothing is asked of the cloud where it is known that it cannot be reached, or would not answer. */
async function cloudFindings({ env, config, faults }: ProcessEnvironment, clock: Clock): Promise<Finding[]> {
  const { dedalusApiKey } = config;
  if (dedalusApiKey === undefined || faults.some(({ stops }) => stops.includes('cloud'))) return [];
  return cloud(env, config, dedalusApiKey, clock);
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
