/** What each finding leads to: a mend where that is safe, a person where it is not, and no start in vain. */
import { describe, expect, test } from 'vitest';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import type { Diagnosis } from '../../../src/openclaw/repair/ports.ts';
import { assess } from '../../../src/workflows/repair/findings.ts';

const HEALTHY: Diagnosis = {
  memoryTotalMib: 4096,
  memoryAvailableMib: 3000,
  diskFreeMib: 8000,
  lowMemoryFlags: false,
  process: 'running',
  listening: true,
  health: 'live',
  ready: 'yes',
  authenticated: 'yes',
  duplicates: 0,
  interrupted: [],
  sawFullDisk: false,
  portOwner: undefined,
  staleLocks: 0,
  outOfMemory: false,
  node: 'ok',
  nodeVersion: '24.21.0',
  tree: 'ok',
  openclawVersion: '2026.9.6',
  treeMissing: undefined,
  config: 'ok',
  configIssues: undefined,
  lastGood: true,
  missingKeys: [],
  openFiles: [],
  authFile: 'ok',
  jobsRunning: [],
};
const GONE = { process: 'gone', listening: false, health: 'not_checked', ready: 'not_checked' } as const;
const providers = providerKeys({ ANTHROPIC_API_KEY: 'sk-ant-0123456789' });
const judge = (seen: Partial<Diagnosis>) => assess({ ...HEALTHY, ...seen }, 'dm-1', providers);

test('nothing is found, done or left where all is well', () => {
  expect(judge({})).toMatchObject({ found: [], mends: [], reinstall: false, gateway: 'leave', left: [] });
});

test('turns that a dead gateway has left are ended, and their sessions named apart', () => {
  const judged = judge({ interrupted: ['agent:main:x'] });
  expect(judged).toMatchObject({ endInterrupted: true, foreign: ['agent:main:x'], gateway: 'leave' });
  expect(judged.found.join()).not.toContain('agent:main:x');
});

describe('mended from here', () => {
  test.each<[string, Partial<Diagnosis>, string[], string]>([
    ['two gateways', { duplicates: 1 }, ['duplicates'], 'start'],
    ['a dead gateway', GONE, [], 'start'],
    ['a gateway that saw a full disk', { sawFullDisk: true }, [], 'replace'],
    ['a gateway that hangs', { health: 'no', ready: 'not_checked' }, ['hung'], 'start'],
    ['a gateway that refuses our right token', { authenticated: 'refused' }, [], 'replace'],
    ['a wrong token file', { authenticated: 'refused', authFile: 'stale' }, ['auth'], 'start'],
    ['a stale lock', { ...GONE, staleLocks: 1 }, ['locks'], 'start'],
    ['little disk', { diskFreeMib: 300 }, ['disk'], 'leave'],
    ['a full disk, which a running gateway does not forget', { diskFreeMib: 2 }, ['disk'], 'replace'],
    ['open files', { openFiles: ['secrets.json'] }, ['modes'], 'leave'],
    ['a broken configuration', { config: 'invalid' }, ['config'], 'start'],
    ['a missing key that this server holds', { missingKeys: ['anthropic'] }, ['keys', 'auth'], 'replace'],
    ['want of memory', { ...GONE, outOfMemory: true }, ['low_memory'], 'start'],
  ])('%s', (_what, seen, mends, gateway) => {
    const judged = judge(seen);
    expect(judged.found).not.toEqual([]);
    expect(judged).toMatchObject({ mends, gateway, reinstall: false });
  });

  test('a missing Node or a broken tree, with the gateway that runs on it', () => {
    expect(judge({ node: 'missing', tree: 'not_checked' })).toMatchObject({
      reinstall: true,
      gateway: 'replace',
    });
    expect(judge({ tree: 'broken', treeMissing: 'undici' })).toMatchObject({
      reinstall: true,
      foreign: ['missing: undici'],
    });
  });
});

describe('left to a person, with how', () => {
  test('a foreign program on the port, named apart from our words', () => {
    const judged = judge({ ...GONE, listening: true, portOwner: 'process 7 (evil)' });
    expect(judged).toMatchObject({ gateway: 'leave', foreign: ['process 7 (evil)'] });
    expect(judged.left.join()).not.toContain('evil');
  });

  test('a key that this server does not hold: which variable, and no start in vain', () => {
    const judged = judge({ ...GONE, missingKeys: ['openai'] });
    expect(judged.left.join()).toContain('OPENAI_API_KEY');
    expect(judged).toMatchObject({ mends: [], gateway: 'leave' });
  });

  test('a broken configuration without one that worked', () => {
    const judged = judge({ ...GONE, config: 'invalid', lastGood: false });
    expect(judged.left.join()).toContain('deploy_openclaw with machine_id "dm-1"');
    expect(judged).toMatchObject({ mends: [], gateway: 'leave' });
  });

  test('too little memory is told on a machine that works, too', () => {
    expect(judge({ memoryTotalMib: 1024 })).toMatchObject({
      found: [],
      left: [expect.stringContaining('memory_mib')],
    });
  });

  test('a machine without OpenClaw', () => {
    const judged = judge({ ...GONE, tree: 'missing', node: 'missing', config: 'missing' });
    expect(judged).toMatchObject({ reinstall: false, mends: [], gateway: 'leave' });
    expect(judged.left.join()).toContain('deploy_openclaw');
  });

  test('an installation that is at work is not disturbed', () => {
    const judged = judge({ ...GONE, jobsRunning: ['deploy_1'], tree: 'broken' });
    expect(judged).toMatchObject({ found: [], mends: [], reinstall: false, gateway: 'leave' });
    expect(judged.left.join()).toContain('get_operation');
  });
});
