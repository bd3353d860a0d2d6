/**
 * The order of the slow files: those that take minutes come first, so that no run ends with one of them alone, and the real
 * OpenClaw, which computes, in turns with the stand-in, which mostly waits. The rest follows as Vitest orders it.
 */
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

const FIRST = [
  'e2e/real-openclaw',
  'e2e/crash-real',
  'e2e/durability-deploy',
  'e2e/node-versions',
  'e2e/repair',
  'e2e/channels-lab',
  'unit/sidecar/without-node.slow',
  'e2e/upgrade-backup',
  'e2e/commands',
  'e2e/durability-life',
  'e2e/configure',
  'e2e/durability-records',
  'unit/openclaw/deploy.slow',
  'e2e/daily-limit-real',
  'e2e/generations',
  'e2e/crash',
  'e2e/own-server',
  'e2e/upgrade-interrupted',
  'e2e/job-kills',
  'e2e/upgrade-lab',
  'e2e/deploy-windows',
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = FIRST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return at < 0 ? FIRST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}
