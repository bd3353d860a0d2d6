/** deploy_openclaw: from nothing to an assistant that answers. */
import * as z from 'zod';
import { ALWAYS_LOADED } from '../mcp/define-tool.ts';
import { requireModelOf } from '../openclaw/catalog/providers.ts';
import { requireProvider } from '../workflows/deploy/deploy.ts';
import { startDeploy } from '../workflows/deploy/start.ts';
import { requireSafeVersion } from '../workflows/deploy/version.ts';
import { autosleep, machineId, modelName, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const deployOpenclaw = defineTool({
  name: 'deploy_openclaw',
  title: 'Deploy OpenClaw',
  description:
    'Creates a machine and puts a running OpenClaw assistant on it (about a minute). One name stands for one machine: calling again with the same name joins or goes on, never pays twice. Returns status "ready" with machine_id, or "running" with operation_id for get_operation. Then call chat.',
  effect: 'write',
  meta: ALWAYS_LOADED,
  idempotent: true,
  input: z.strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,40}$/, 'must be lower-case letters, digits and dashes')
      .default('openclaw')
      .describe('Name of the assistant.'),
    machine_id: machineId.optional().describe('Deploy onto this existing machine instead of a new one.'),
    vcpu: z.number().min(0.25).max(64).multipleOf(0.25).default(2).describe('Processor cores.'),
    memory_mib: z
      .number()
      .int()
      .min(1024)
      .max(129024)
      .default(4096)
      .describe('At least 2048 for present versions.'),
    storage_gib: z.number().int().min(2).max(1024).default(10).describe('Disk that outlives sleep, in GiB.'),
    autosleep: autosleep.default('30m'),
    model: modelName
      .optional()
      .describe('provider/model; default: a current model of the provider whose key is set.'),
    openclaw_version: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,40}$/, 'must be a version such as 2026.9.6')
      .optional()
      .describe('Default: the installed one, else the newest tested. "latest" also works.'),
    allow_unsafe_version: z.boolean().default(false).describe('Take a release with known holes too.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run(input, context) {
    const { services, signal } = context;
    requireProvider(services.providers);
    requireSafeVersion(input.openclaw_version, input.allow_unsafe_version);
    const { name, model } = input;
    if (model !== undefined) requireModelOf(services.providers, model);
    const record = await startDeploy(
      services,
      {
        name,
        model,
        openclawVersion: input.openclaw_version,
        allowUnsafeVersion: input.allow_unsafe_version,
        machineId: input.machine_id,
        spec: {
          vcpu: input.vcpu,
          memoryMib: input.memory_mib,
          storageGib: input.storage_gib,
          autosleep: input.autosleep,
        },
      },
      { signal },
    );
    return awaited(record.id, input.wait_seconds, context);
  },
});
