/** configure_openclaw: settings, keys, channels and the machine's size of an assistant that runs. */
import * as z from 'zod';
import { head, plainText } from '../core/text.ts';
import type { CallContext } from '../mcp/define-tool.ts';
import { forThePerson, patchOf, undecided } from '../openclaw/catalog/configure-paths.ts';
import { USUAL_KEY } from '../openclaw/catalog/providers.ts';
import { type ConfigureInput, startConfigure } from '../workflows/configure/configure.ts';
import { controlUiWished } from '../workflows/configure/control-ui.ts';
import { parseDailyLimit } from '../workflows/limits/daily-limit.ts';
import { autosleep, channelId, machineId, modelName, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool, type Services } from './services.ts';

const MAX_LIST = 10;
// What JSON can say. Not in the listed schema: it would refer to itself, which costs a model a line and some clients refuse.
const values = z.record(z.string(), z.json());
const few = (item: z.ZodString) =>
  z.array(item).refine((list) => list.length > 0 && list.length <= MAX_LIST, `takes 1 to ${MAX_LIST}`);

export const configureOpenclaw = defineTool({
  name: 'configure_openclaw',
  title: 'Configure OpenClaw',
  description:
    'Changes model, keys, settings, channels, daily limit or machine size of an assistant: checked first, proved after, undone when it fails. Without changes it shows settings, channels and pending requests. Secrets come from variables of this server only.',
  effect: 'write',
  idempotent: true,
  input: z.strictObject({
    machine_id: machineId.optional(),
    model: modelName.optional(),
    fallback_models: z.array(modelName).optional().describe('Tried in order.'),
    provider_keys: few(z.string().max(60))
      .optional()
      .describe(`Variables to send anew, e.g. "${USUAL_KEY}"; "-${USUAL_KEY}" removes that key.`),
    set: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Settings by path, e.g. {"tools.exec.ask": "always"}; null removes.'),
    channel: channelId.optional().describe('Connect it.'),
    approve: few(z.string().max(160)).optional().describe('Pending ids to allow once; ask the person first.'),
    deny: few(z.string().max(160)).optional().describe('Pending ids.'),
    control_ui: z.enum(['ssh', 'preview']).optional().describe('Tells how to open it; ssh exposes nothing.'),
    ssh_public_key: z.string().max(1000).optional().describe('Path of a .pub file here.'),
    expose: z.boolean().optional().describe('A preview on the internet: only if the person wants it.'),
    rotate_token: z.boolean().optional().describe('New gateway token.'),
    daily_limit: z
      .string()
      .max(80)
      .optional()
      .describe('"200000 tokens" or "5 USD" a UTC day; "5 USD Europe/Berlin"; "none" lifts.'),
    autosleep: autosleep.optional().describe('"2h" or "never".'),
    vcpu: z.number().optional().describe('New size.'),
    memory_mib: z.number().int().optional().describe('New size.'),
    storage_gib: z.number().int().optional().describe('Only grows.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run(args, context) {
    const { services, signal } = context;
    patchOf(args.set ?? {});
    await requireDecision(args.set ?? {}, context);
    const id = await services.directory.resolve(args.machine_id, { signal });
    const input: ConfigureInput = {
      machineId: id,
      model: args.model,
      fallbackModels: args.fallback_models,
      providerKeys: args.provider_keys,
      set: args.set && values.parse(args.set),
      channel: args.channel,
      approve: args.approve,
      deny: args.deny,
      rotateToken: args.rotate_token || undefined,
      dailyLimit: args.daily_limit == null ? undefined : parseDailyLimit(args.daily_limit),
      autosleep: args.autosleep,
      vcpu: args.vcpu,
      memoryMib: args.memory_mib,
      storageGib: args.storage_gib,
      controlUi: await controlUiOf(args, id, context),
    };
    const record = await startConfigure(services.operations, input, services);
    return awaited(record.id, args.wait_seconds, context);
  },
});

const MAX_SHOWN_CHARS = 120;
/** What a person reads; a longer list is no consent. */
const MAX_QUESTION_CHARS = 1_200;

/** @throws AppError `invalid_input` where a setting is the person's alone, and no person has agreed to its value. */
async function requireDecision(
  set: Readonly<Record<string, unknown>>,
  { services, signal, ask }: CallContext<Services>,
): Promise<void> {
  const open = undecided(set, services.allowedSettings);
  if (open.length === 0) return;
  if (ask === undefined) throw forThePerson(open);
  const shown = open.map(
    ({ path, value }) => `${path} = ${head(plainText(`${JSON.stringify(value)}`), MAX_SHOWN_CHARS)}`,
  );
  const message = `An agent asks to change where secrets or conversations of an assistant go, or what it runs: ${shown.join('; ')}`;
  const answer = await ask(
    { message: head(message, MAX_QUESTION_CHARS), consent: 'Yes, change it' },
    { signal },
  );
  if (answer === 'agreed' && message.length <= MAX_QUESTION_CHARS) return;
  throw forThePerson(open, answer === 'refused' ? ', who refused' : ', who did not agree');
}

async function controlUiOf(
  args: {
    control_ui?: 'ssh' | 'preview' | undefined;
    ssh_public_key?: string | undefined;
    expose?: boolean | undefined;
  },
  machineId: string,
  { services, signal }: CallContext<Services>,
) {
  if (args.control_ui === undefined) return undefined;
  const machine = await services.machines.get(machineId, { signal });
  const { control_ui: how, ssh_public_key: keyFile, expose } = args;
  return controlUiWished(machine, { how, keyFile, expose });
}
