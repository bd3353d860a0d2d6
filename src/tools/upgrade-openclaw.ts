/** upgrade_openclaw: another version under the same assistant. */
import * as z from 'zod';
import { requireSafeVersion } from '../workflows/deploy/version.ts';
import { UPGRADE } from '../workflows/upgrade/upgrade.ts';
import { machineId, waitSeconds } from './fields.ts';
import { joined } from './joined.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const upgradeOpenclaw = defineTool({
  name: 'upgrade_openclaw',
  title: 'Upgrade OpenClaw',
  description:
    'Changes the OpenClaw version; sessions and settings stay. Rolls back by itself when the new one does not work.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    openclaw_version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,40}$/, 'must be a version such as 2026.9.6')
      .optional()
      .describe('Default: the newest tested. "latest" also works.'),
    allow_downgrade: z.boolean().default(false).describe('Allow an older version.'),
    allow_unsafe_version: z.boolean().default(false).describe('Take a release with known holes too.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run({ machine_id, openclaw_version, wait_seconds, ...allowed }, context) {
    requireSafeVersion(openclaw_version, allowed.allow_unsafe_version);
    const { directory, operations } = context.services;
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const record = await operations.start({
      kind: UPGRADE,
      key: id,
      input: {
        machineId: id,
        allowDowngrade: allowed.allow_downgrade,
        allowUnsafeVersion: allowed.allow_unsafe_version,
        ...(openclaw_version !== undefined && { openclawVersion: openclaw_version }),
      },
      machineId: id,
    });
    joined(record, { openclawVersion: openclaw_version }, 'an upgrade to another version');
    return awaited(record.id, wait_seconds, context);
  },
});
