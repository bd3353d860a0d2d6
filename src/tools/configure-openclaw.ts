/** configure_openclaw: settings, keys, channels and the machine's size of an assistant that runs. */
import { z } from 'zod';
import { patchOf } from '../openclaw/configure-paths.ts';
import { type ConfigureInput, startConfigure } from '../workflows/configure.ts';
import { controlUiWished } from '../workflows/control-ui.ts';
import { autosleep, machineId, modelName, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

const MAX_LIST = 10;
const requestIds = z.array(z.string().max(160)).min(1).max(MAX_LIST);

export const configureOpenclaw = defineTool({
  name: 'configure_openclaw',
  title: 'Configure OpenClaw',
  description:
    'Changes model, keys, settings, channels or machine size of a deployed assistant: checked first, proved after, undone when it does not work. Without changes it shows settings, channels and pending requests. Secrets are never arguments: they come from variables of this server.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    model: modelName.optional(),
    fallback_models: z.array(modelName).max(MAX_LIST).optional().describe('Tried in order when model fails.'),
    provider_keys: z
      .array(z.string().max(60))
      .min(1)
      .max(MAX_LIST)
      .optional()
      .describe('Variables whose present values replace the keys there, e.g. "ANTHROPIC_API_KEY".'),
    set: z
      .record(z.string(), z.json())
      .optional()
      .describe('OpenClaw settings by path, e.g. {"tools.exec.ask": "always"}; null removes.'),
    channel: z
      .enum(['telegram', 'discord', 'slack'])
      .optional()
      .describe('Connect; needs TELEGRAM_BOT_TOKEN, DISCORD_BOT_TOKEN or SLACK_BOT_TOKEN + SLACK_APP_TOKEN.'),
    approve: requestIds.optional().describe('Pending ids to allow once; ask the person first.'),
    deny: requestIds.optional().describe('Pending ids to refuse.'),
    control_ui: z
      .enum(['ssh', 'preview'])
      .optional()
      .describe('Tells how to open it: over SSH, or under an internet address (needs expose).'),
    ssh_public_key: z.string().max(1000).optional().describe('Path of a .pub file here, for ssh.'),
    expose: z.boolean().optional().describe('Only if the person wants the gateway on the internet.'),
    rotate_token: z.literal(true).optional().describe('New gateway token; the old one stops working.'),
    autosleep: autosleep.optional(),
    vcpu: z.number().min(0.25).max(64).multipleOf(0.25).optional().describe('New size.'),
    memory_mib: z.number().int().min(1024).max(129024).optional().describe('New size.'),
    storage_gib: z.number().int().min(2).max(1024).optional().describe('New size; only grows.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run(args, context) {
    const { directory, operations } = context.services;
    patchOf(args.set ?? {});
    const id = await directory.resolve(args.machine_id, { signal: context.signal });
    const input: ConfigureInput = {
      machineId: id,
      model: args.model,
      fallbackModels: args.fallback_models,
      providerKeys: args.provider_keys,
      set: args.set,
      channel: args.channel,
      approve: args.approve,
      deny: args.deny,
      rotateToken: args.rotate_token,
      autosleep: args.autosleep,
      vcpu: args.vcpu,
      memoryMib: args.memory_mib,
      storageGib: args.storage_gib,
      controlUi:
        args.control_ui && (await controlUiWished(args.control_ui, args.ssh_public_key, args.expose)),
    };
    const record = await startConfigure(operations, input);
    return awaited(record.id, args.wait_seconds, context);
  },
});
