/** What each finding leads to: a mend where that is safe, a person where it is not, and no start in vain. */
import { describe, expect, test } from 'vitest';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import type { Diagnosis } from '../../../src/openclaw/repair/ports.ts';
import { assess } from '../../../src/workflows/repair/findings.ts';

const HEALTHY: Diagnosis = {
  memory_total_mib: 4096,
  memory_available_mib: 3000,
  disk_free_mib: 8000,
  low_memory_flags: false,
  process: 'running',
  listening: true,
  health: 'live',
  ready: 'yes',
  authenticated: 'yes',
  duplicates: 0,
  interrupted: [],
  full_disk: false,
  port_owner: undefined,
  stale_locks: 0,
  out_of_memory: false,
  node: 'ok',
  node_wanted: '24.21.0',
  tree: 'ok',
  openclaw_wanted: '2026.9.6',
  tree_missing: undefined,
  config: 'ok',
  config_issues: undefined,
  last_good: true,
  missing_keys: [],
  open_files: [],
  auth_file: 'ok',
  jobs_running: [],
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
    ['a gateway that saw a full disk', { full_disk: true }, [], 'replace'],
    ['a gateway that hangs', { health: 'no', ready: 'not_checked' }, ['hung'], 'start'],
    ['a gateway that refuses our right token', { authenticated: 'refused' }, [], 'replace'],
    ['a wrong token file', { authenticated: 'refused', auth_file: 'stale' }, ['auth'], 'start'],
    ['a stale lock', { ...GONE, stale_locks: 1 }, ['locks'], 'start'],
    ['little disk', { disk_free_mib: 300 }, ['disk'], 'leave'],
    ['a full disk, which a running gateway does not forget', { disk_free_mib: 2 }, ['disk'], 'replace'],
    ['open files', { open_files: ['secrets.json'] }, ['modes'], 'leave'],
    ['a broken configuration', { config: 'invalid' }, ['config'], 'start'],
    ['a missing key that this server holds', { missing_keys: ['anthropic'] }, ['keys', 'auth'], 'replace'],
    ['want of memory', { ...GONE, out_of_memory: true }, ['low_memory'], 'start'],
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
    expect(judge({ tree: 'broken', tree_missing: 'undici' })).toMatchObject({
      reinstall: true,
      foreign: ['missing: undici'],
    });
  });
});

describe('left to a person, with how', () => {
  test('a foreign program on the port, named apart from our words', () => {
    const judged = judge({ ...GONE, listening: true, port_owner: 'process 7 (evil)' });
    expect(judged).toMatchObject({ gateway: 'leave', foreign: ['process 7 (evil)'] });
    expect(judged.left.join()).not.toContain('evil');
  });

  test('a key that this server does not hold: which variable, and no start in vain', () => {
    const judged = judge({ ...GONE, missing_keys: ['openai'] });
    expect(judged.left.join()).toContain('OPENAI_API_KEY');
    expect(judged).toMatchObject({ mends: [], gateway: 'leave' });
  });

  test('a broken configuration without one that worked', () => {
    const judged = judge({ ...GONE, config: 'invalid', last_good: false });
    expect(judged.left.join()).toContain('deploy_openclaw with machine_id "dm-1"');
    expect(judged).toMatchObject({ mends: [], gateway: 'leave' });
  });

  test('too little memory is told on a machine that works, too', () => {
    expect(judge({ memory_total_mib: 1024 })).toMatchObject({
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
    const judged = judge({ ...GONE, jobs_running: ['deploy_1'], tree: 'broken' });
    expect(judged).toMatchObject({ found: [], mends: [], reinstall: false, gateway: 'leave' });
    expect(judged.left.join()).toContain('get_operation');
  });
});
