/** Changes an assistant's settings, keys, channels and machine, and shows what there is; what fails leaves all as it was. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { isPatch } from '../../core/patch.ts';
import type { MachineService } from '../../machine/ports.ts';
import { channelId } from '../../openclaw/catalog/channels.ts';
import {
  type ConfigureService,
  changeOutcome,
  type ShownSettings,
} from '../../openclaw/configure/configure.ts';
import { COMMENTS_NOTE, keptNote } from '../../openclaw/configure/kept-beside.ts';
import {
  type ChangeWish,
  channelKey,
  type Keys,
  planChange,
  presentModel,
} from '../../openclaw/configure/plan.ts';
import { namedKeys } from '../../openclaw/configure/wished-keys.ts';
import type { PostureService } from '../../openclaw/look/posture.ts';
import { dailyLimit, type SpendService } from '../../openclaw/look/spend.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle, OperationKind, Operations } from '../../operations/ports.ts';
import { asJson, type JsonObject, type OperationRecord } from '../../operations/record.ts';
import { isRecovered } from '../deploy/recover.ts';
import { recoveredChange, recoverJob } from '../jobs/recover.ts';
import { lastingJob } from '../jobs/start-again.ts';
import { parseStored } from '../jobs/stored-state.ts';
import type { DailyLimits } from '../limits/daily-limit.ts';
import { wakeMachine } from '../power/wake.ts';
import { answerRequests, answerTo } from './answer-requests.ts';
import { planned } from './change-plan.ts';
import { channelStates, pendingRequests } from './channels.ts';
import {
  type ControlUi,
  type ControlUiDeps,
  controlUiWish,
  type OpenedAddress,
  onThisComputer,
  openAddress,
  overSsh,
  previewSteps,
} from './control-ui.ts';
import { setDailyLimit } from './limit.ts';
import { changeMachine, machineWish } from './machine.ts';
import { keptKeys, keptKeysNote } from './remaining-keys.ts';
import { rotateToken } from './rotate-token.ts';

export const CONFIGURE = 'configure';
const AGAIN =
  'Call configure_openclaw without changes to see how things are, then with those that are missing.';

export const configureInput = machineWish.extend({
  machineId: z.string(),
  model: z.string().optional(),
  fallbackModels: z.array(z.string()).optional(),
  providerKeys: z.array(z.string()).optional(),
  set: z.record(z.string(), z.unknown()).optional(),
  channel: channelId.optional(),
  approve: z.array(z.string()).optional(),
  deny: z.array(z.string()).optional(),
  controlUi: controlUiWish.optional(),
  rotateToken: z.boolean().optional(),
  dailyLimit: dailyLimit.omit({ set_at: true }).optional(),
});
export type ConfigureInput = z.output<typeof configureInput>;

export interface ConfigureDeps extends ControlUiDeps {
  openclaw: OpenClawService;
  clock: Clock;
  configure: ConfigureService;
  posture: Pick<PostureService, 'rotateToken'>;
  spend: SpendService;
  limits: DailyLimits;
  /** What this server's environment holds now; never recorded. */
  keys: Keys;
}

/** What the kind `configure` does. */
export function configureWork(deps: ConfigureDeps): OperationKind {
  return {
    async run(operation) {
      const input = parseStored(configureInput, operation.record.input);
      const { machineId } = input;
      if (isRecovered(operation.record)) return recoveredChange(operation, deps, machineId, AGAIN);
      await checkBeforeMachine(operation, deps, input);
      const slept = await changeMachine(operation, deps.machines, machineId, input);
      const looks = onlyLooks(input);
      if (slept || looks || changesAssistant(input)) await wakeMachine(operation, deps.machines, machineId);
      if (slept) await deps.openclaw.startGateway(machineId, { signal: operation.signal });
      if (!looks && !changesAssistant(input)) return { machine_id: machineId };
      const preview = await opensPreview(operation, deps, input);
      const limitPlugin = await setDailyLimit(operation, deps, input);
      const wish = { ...input, allowedOrigin: preview?.origin, limitPlugin };
      const changed = changesSettings(wish) ? await changeSettings(operation, deps, wish) : {};
      if (input.rotateToken) await rotateToken(operation, deps, machineId);
      const answered = await answerRequests(operation, deps, input);
      const opened = await controlUi(operation, deps, input, preview);
      return asJson({
        machine_id: machineId,
        ...changed,
        ...answered,
        ...opened,
        ...(await seen(operation, deps, input)),
      });
    },
    async recover(id, machineId) {
      const found = await recoverJob(deps, id, machineId, AGAIN);
      // A look has no job: whatever this one wished, it changes something, and nothing else may do so meanwhile.
      return found && { ...found, input: { ...found.input, set: {} } };
    },
  };
}

/**
 * Records the change, or joins the very same one that runs.
 * @throws AppError `conflict` while another change of this machine runs.
 */
export async function startConfigure(
  operations: Operations,
  input: ConfigureInput,
  keys: Keys,
): Promise<OperationRecord> {
  const { machineId } = input;
  const wish = asJson(input);
  // The same wish is the same key: it joins what runs, also when both are told at once.
  const key = createHash('sha256')
    .update(JSON.stringify([machineId, wish]))
    .digest('hex');
  const running = await operations.list('running');
  // What runs is joined also by a server that could not begin it.
  if (!running.some((one) => one.kind === CONFIGURE && one.key === key)) checkWish(input, keys);
  return operations.start({ kind: CONFIGURE, key, input: wish, machineId });
}

/** What can be told from the wish and this server's keys alone, before a machine is woken, resized or restarted. */
function checkWish(
  { providerKeys = [], channel, approve = [], deny = [] }: ConfigureInput,
  keys: Keys,
): void {
  namedKeys(providerKeys, keys.providers);
  if (channel !== undefined) channelKey(channel, keys.channels);
  for (const id of approve) answerTo(id, 'approve');
  for (const id of deny) answerTo(id, 'deny');
}

/** Without any wish it shows what there is; as the kind's own `onlyLooks`. */
function onlyLooks(input: ConfigureInput): boolean {
  return Object.values(input).filter((wish) => wish !== undefined).length === 1;
}

/** A machine that only gets another size or autosleep need not be awake. */
function changesAssistant(input: ConfigureInput): boolean {
  const { approve, deny, controlUi, rotateToken, dailyLimit: limit } = input;
  const wishes = [approve, deny, controlUi, rotateToken, limit];
  return changesSettings(input) || wishes.some((wish) => wish !== undefined);
}

function changesSettings(wish: ChangeWish): boolean {
  const { model, fallbackModels, providerKeys, set, channel, allowedOrigin, limitPlugin } = wish;
  const parts = [model, fallbackModels, providerKeys, set, channel, allowedOrigin, limitPlugin];
  return parts.some((part) => part !== undefined);
}

async function changeSettings(
  operation: OperationHandle,
  deps: ConfigureDeps,
  wish: ChangeWish & { machineId: string },
): Promise<JsonObject> {
  const { machineId } = wish;
  const { signal } = operation;
  const present = await deps.configure.show(machineId, { signal });
  const plan = await planned(operation, () => planChange(wish, present, deps.keys));
  if (present.comments) await operation.note(COMMENTS_NOTE);
  const job = await lastingJob(operation, deps, machineId, () =>
    deps.configure.startChange(machineId, operation.id, plan, { signal }),
  );
  const { applied, unchecked, keptBeside } = changeOutcome(job.result);
  if (keptBeside !== undefined) await operation.note(keptNote(keptBeside));
  const known = new Set(plan.checks.map(({ subject }) => subject));
  for (const subject of unchecked.filter((each) => known.has(each))) {
    await operation.note(
      `${subject} could not be asked beforehand, since its side did not answer or was too busy: its key or token is unproved.`,
    );
  }
  if (JSON.stringify(plan.patch.channels ?? {}).includes('"dmPolicy":"open"')) {
    await operation.note(
      'Whoever finds the bot can now command the assistant: "pairing" lets only approved people in.',
    );
  }
  if (!plan.hot) {
    await operation.note('This release applies settings only at a start, so its gateway was started anew.');
  }
  return { applied };
}

/** A machine is not made larger, and dearer, for a call whose other half its settings then refuse. */
async function checkBeforeMachine(
  operation: OperationHandle,
  deps: ConfigureDeps,
  input: ConfigureInput,
): Promise<void> {
  const { machineId, autosleep, vcpu, memoryMib, storageGib } = input;
  const begun = operation.record.stages.length > 0;
  const sized = [autosleep, vcpu, memoryMib, storageGib].some((wish) => wish !== undefined);
  if (begun || !sized || !changesSettings(input)) return;
  await wakeMachine(operation, deps.machines, machineId);
  const present = await deps.configure.show(machineId, { signal: operation.signal });
  planChange(input, present, deps.keys);
}

/** An address for the gateway, before the settings that let its pages talk to the gateway. */
async function opensPreview(
  operation: OperationHandle,
  deps: ConfigureDeps,
  { machineId, controlUi: wish }: ConfigureInput,
): Promise<OpenedAddress | undefined> {
  if (wish?.how !== 'preview') return undefined;
  const { port } = await deps.configure.show(machineId, { signal: operation.signal });
  return openAddress(operation, deps, machineId, port);
}

async function controlUi(
  operation: OperationHandle,
  deps: ConfigureDeps,
  { machineId, controlUi: wish }: ConfigureInput,
  preview: OpenedAddress | undefined,
): Promise<{ control_ui?: ControlUi }> {
  if (wish === undefined) return {};
  if (preview) return { control_ui: previewSteps(preview) };
  const { signal } = operation;
  const shown = await deps.configure.show(machineId, { signal });
  if (wish.how === 'ssh') return { control_ui: await overSsh(operation, deps, machineId, wish, shown) };
  const machine = await deps.machines.get(machineId, { signal });
  return { control_ui: await onThisComputer(operation, deps, machine, shown) };
}

/** The settings after it all; with what the gateway itself tells where a channel was connected or nothing was asked. */
async function seen(
  operation: OperationHandle,
  { configure, machines, keys }: ConfigureDeps,
  input: ConfigureInput,
): Promise<JsonObject> {
  const { machineId, channel } = input;
  const { signal } = operation;
  const looks = onlyLooks(input);
  await operation.stage('look');
  const live = looks ? 'all' : channel === undefined ? undefined : 'channels';
  const shown = await configure.show(machineId, { signal, live });
  if (channel !== undefined) await warnOfSleep(operation, machines, machineId);
  const kept = looks ? keptKeys(shown.secretNames, keys.providers) : [];
  if (kept.length > 0) await operation.note(keptKeysNote(kept));
  return asJson({
    model: presentModel(shown),
    openclaw_version: shown.openclawVersion,
    ...(looks && { settings: settingsOf(shown) }),
    ...(shown.live && { channels: channelStates(shown.live, shown.config) }),
    ...(shown.live && looks && { pending: pendingRequests(shown.live) }),
  });
}

// About as much as a client shows of one result.
const MAX_SETTINGS_CHARS = 16_000;

/** What a person may change, and which providers have keys; only the names of sections where it is too long. */
function settingsOf({ config, secretNames }: ShownSettings): string {
  const { gateway: _gateway, secrets: _secrets, meta: _meta, models, ...rest } = config;
  const providers = isPatch(models) && isPatch(models.providers) ? Object.keys(models.providers) : [];
  const short =
    JSON.stringify(rest).length <= MAX_SETTINGS_CHARS ? rest : { sections: Object.keys(rest), cut: true };
  // As text: its names are the machine's too, and would be names of our own data.
  return JSON.stringify({
    providers,
    secrets_set: secretNames.filter((name) => name !== 'gateway'),
    ...short,
  });
}

async function warnOfSleep(
  operation: OperationHandle,
  machines: MachineService,
  machineId: string,
): Promise<void> {
  const { autosleepSeconds } = await machines.get(machineId, { signal: operation.signal });
  if (autosleepSeconds === 0) return;
  const when = autosleepSeconds === undefined ? 'some minutes' : `${autosleepSeconds} s`;
  await operation.note(
    `The machine sleeps after ${when} without a call through this server, and messages from outside do not wake it: pass autosleep "never" to keep the channel answering, which bills all the time.`,
  );
}
