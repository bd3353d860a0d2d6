/** The process of each kind of job killed at random moments: the same id, started again, ends as if nothing had happened. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { backupService, packedBackup } from '../../src/openclaw/backup.ts';
import { configureService } from '../../src/openclaw/configure/configure.ts';
import type { ChangePlan } from '../../src/openclaw/configure/plan.ts';
import type { JobSnapshot } from '../../src/openclaw/ports.ts';
import { repairService } from '../../src/openclaw/repair/repair-service.ts';
import { pieceCarrier } from '../../src/openclaw/sidecar/pieces.ts';
import { upgradeService } from '../../src/openclaw/upgrade.ts';
import { KILLS, moments, SEED } from '../support/moments.ts';
import { STAND_IN_RELEASE } from '../support/stand-in-openclaw/packages.ts';
import { type FakeRegistry, startFakeRegistry } from '../support/stand-in-openclaw/registry.ts';
import { type Fixture, fixture } from '../unit/openclaw/deployed.ts';

const LIMIT = { timeout: 200_000 + KILLS * 40_000 };

let registry: FakeRegistry;
let on: Fixture;
beforeAll(async () => {
  registry = await startFakeRegistry({ readyDelayMs: 20 });
});
afterAll(() => registry.close());
beforeEach(async () => {
  on = await fixture(sources());
  expect((await on.deploy('op-0', '2026.7.1')).state).toBe('done');
  await writeFile(keepsake(), 'what the assistant knows');
}, 120_000);
afterEach(() => on.machine.remove());

const sources = () => ({ npmRegistry: `${registry.url}/`, nodeMirror: `${registry.url}/dist` });
const deps = () => ({ machines: on.machine, release: STAND_IN_RELEASE, ...sources() });
const keepsake = () => join(on.machine.home, '.openclaw/workspace/MEMORY.md');

/** Started, killed at a random moment, started again; after the last kill it is left alone. */
async function killed(id: string, lastsMs: number, start: () => Promise<void>): Promise<JobSnapshot> {
  for (const moment of moments(lastsMs, KILLS)) {
    await start();
    await systemClock.sleep(moment);
    const { state } = await on.openclaw.readJob('m', id, { waitSeconds: 0 });
    if (state === 'running') await on.machine.kill(`jobs/${id}/pid`).catch(() => {});
  }
  await start();
  for (let seenStages = 0; ; ) {
    const job = await on.openclaw.readJob('m', id, { waitSeconds: 10, seenStages });
    if (job.state !== 'running') return job;
    seenStages = job.stages.length;
  }
}

async function expectWhole(version: string): Promise<void> {
  const seen = await on.openclaw.probe('m');
  expect(seen).toMatchObject({ openclaw_version: version, authenticated: 'yes', process: 'running' });
  expect(await readFile(keepsake(), 'utf8')).toBe('what the assistant knows');
  // What it was asked, with keys in it, stays nowhere.
  const left = await readdir(join(on.machine.home, '.openclaw-mcp/jobs'), { recursive: true });
  expect(left.filter((name) => name.endsWith('/request'))).toEqual([]);
}

const CHANGE: ChangePlan = {
  patch: { tools: { exec: { ask: 'always' } } },
  secrets: {},
  checks: [],
  plugin: undefined,
  hot: false,
  restart: false,
  proveModel: false,
  restartForSecrets: false,
};

describe(`killed (seed ${SEED})`, () => {
  test('a change of settings', LIMIT, async () => {
    const job = await killed('c-1', 4_000, () => configureService(deps()).startChange('m', 'c-1', CHANGE));
    expect(job.state).toBe('done');
    const settings = JSON.parse(await readFile(join(on.machine.home, '.openclaw/openclaw.json'), 'utf8'));
    expect(settings.tools.exec.ask).toBe('always');
    await expectWhole('2026.7.1');
  });

  test('an upgrade', LIMIT, async () => {
    const plan = { ...(await on.openclaw.resolve('m', '2026.9.6')), restore: undefined };
    const job = await killed('u-1', 8_000, () => upgradeService(deps()).startUpgrade('m', 'u-1', plan));
    expect(job.result).toMatchObject({ rolled_back: 'no', from: '2026.7.1', to: '2026.9.6' });
    await expectWhole('2026.9.6');
  });

  test('a reinstallation', LIMIT, async () => {
    await rm(join(on.machine.home, '.openclaw-mcp/current/node_modules/openclaw/openclaw.mjs'));
    const repair = repairService({ ...deps(), providers: [] });
    const job = await killed('r-1', 6_000, () => repair.startReinstall('m', 'r-1', '2026.7.1', '24.21.0'));
    expect(job.result).toEqual({ openclaw_version: '2026.7.1', node_version: '24.21.0' });
    await expectWhole('2026.7.1');
  });

  test('a backup and its restore', LIMIT, async () => {
    const backups = backupService(deps());
    const key = randomBytes(32);
    const manifest = {
      format: 1 as const,
      created_at: '2026-11-27T12:00:00Z',
      machine_id: 'm',
      openclaw_version: '2026.7.1',
      home: on.machine.home,
    };
    const packed = await packedBackup(
      await killed('b-1', 2_000, () => backups.startBackup('m', 'b-1', manifest, key)),
    );
    const piece = await backups.readPiece('m', 'b-1', packed, key, { offset: 0, bytes: 384 * 1024 });
    expect(piece.length).toBe(packed.bytes);
    await pieceCarrier(deps()).write('m', 're-1', 0, piece);
    const input = { pieces: 1, sha256: packed.sha256, manifest, openclawVersion: '2026.7.1', moved: false };
    const job = await killed('re-1', 4_000, () => backups.startRestore('m', 're-1', input));
    expect(job.result).toMatchObject({ rolled_back: 'no' });
    await expectWhole('2026.7.1');
  });
});
