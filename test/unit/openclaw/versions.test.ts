/** The Node that a release gets, and what old releases need to be installable at all. */
import { describe, expect, test } from 'vitest';
import {
  checkWanted,
  chooseNode,
  installOverrides,
  parseNodeReleases,
} from '../../../src/openclaw/catalog/versions.ts';

const OFFICIAL = parseNodeReleases(
  '26.10.0 false\n24.21.0 Krypton\n24.16.0 Krypton\n22.23.3 Jod\n22.14.0 Jod\n20.20.2 Iron\n',
);
const REGISTRY = parseNodeReleases('26.10.0 -\n24.21.0 -\n23.11.0 -\n22.23.3 -\nlatest -\n25.0.0-rc.1 -\n');

describe('the Node for an OpenClaw release', () => {
  test.each([
    ['2026.9.6', '>=24.16.0 <25 || >=26.1.0', '24.21.0'],
    ['2026.7.1', '>=22.22.3 <23 || >=24.15.0 <25 || >=25.9.0', '24.21.0'],
    ['2026.3.24', '>=22.14.0', '24.21.0'],
    ['one that wants only the newest', '>=26.1.0', '26.10.0'],
    ['one that wants only an old line', '>=22.14.0 <23', '22.23.3'],
    ['one that says nothing', undefined, '24.21.0'],
  ])('%s, from either source', (_release, engines, expected) => {
    expect(chooseNode(engines, OFFICIAL)).toBe(expected);
    expect(chooseNode(engines, REGISTRY)).toBe(expected);
  });

  test('a long-term line is taken before a newer one without support', () => {
    expect(chooseNode('>=23', parseNodeReleases('25.9.0 false\n23.11.0 false\n26.1.0 Later'))).toBe('26.1.0');
    expect(chooseNode('>=23', parseNodeReleases('25.9.0 false\n23.11.0 false'))).toBe('25.9.0');
  });

  test('nothing that fits is said before anything is installed', () => {
    expect(() => chooseNode('>=30', OFFICIAL)).toThrowError(expect.objectContaining({ code: 'unsupported' }));
  });
});

test('old releases that can no longer be installed get what they need, new ones nothing', () => {
  expect(installOverrides('2026.3.24')).toHaveProperty('linkedom');
  expect(installOverrides('2026.9.6')).toEqual({});
});

test.each(['../x', 'a b', '', '-x', 'latest/..'])('%j is refused as a version', (wanted) => {
  expect(() => checkWanted(wanted)).toThrowError(expect.objectContaining({ code: 'invalid_input' }));
});
