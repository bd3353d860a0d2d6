/** Changes an assistant's settings, keys, channels and machine, and shows what there is; what fails leaves all as it was. */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clock } from '../../core/clock.ts';
import { channelId } from '../../openclaw/catalog/channels.ts';
import type { ConfigureService } from '../../openclaw/configure/configure.ts';
import { channelKey, type Keys } from '../../openclaw/configure/plan.ts';
import { namedKeys } from '../../openclaw/configure/wished-keys.ts';
import type { PostureService } from '../../openclaw/look/posture.ts';
import { dailyLimit, type SpendService } from '../../openclaw/look/spend.ts';
import type { OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle, OperationKind, Operations } from '../../operations/ports.ts';
import { asJson, type OperationRecord, parseStored } from '../../operations/record.ts';
import { isRecovered } from '../deploy/recover.ts';
import { recoveredChange, recoverJob } from '../jobs/recover.ts';
import type { DailyLimits } from '../limits/daily-limit.ts';
import { wakeMachine } from '../power/wake.ts';
import { answerRequests, answerTo } from './answer-requests.ts';
import { changeSettings, changesSettings, checkBeforeMachine } from './change-settings.ts';
import { type ControlUiDeps, controlUiWish, openControlUi, openPreview } from './control-ui.ts';
import { setDailyLimit } from './limit.ts';
import { changeMachine, machineWish } from './machine.ts';
import { showSettings } from './show-settings.ts';

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
      if (slept) await deps.openclaw.startGateway(machineId, operation);
      if (!looks && !changesAssistant(input)) return { machine_id: machineId };
      const preview = await openPreview(operation, deps, input);
      const limitPlugin = await setDailyLimit(operation, deps, input);
      const wish = { ...input, allowedOrigin: preview?.origin, limitPlugin };
      const changed = changesSettings(wish) ? await changeSettings(operation, deps, wish) : {};
      if (input.rotateToken) await rotateToken(operation, deps, machineId);
      const answered = await answerRequests(operation, deps, input);
      const opened = await openControlUi(operation, deps, input, preview);
      return asJson({
        machine_id: machineId,
        ...changed,
        ...answered,
        ...opened,
        ...(await showSettings(operation, deps, { ...input, looks })),
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

const rotation = z.object({ rotated: z.boolean().default(false) });

/** A new token for the gateway: once per operation, also where another process goes on with it. */
async function rotateToken(
  operation: OperationHandle,
  { posture }: { posture: Pick<PostureService, 'rotateToken'> },
  machineId: string,
): Promise<void> {
  if (parseStored(rotation, operation.record.state).rotated) return;
  await operation.stage('rotate');
  await posture.rotateToken(machineId, operation);
  await operation.save({ rotated: true });
  await operation.note(
    'The gateway has a new token, and refuses the old one: browsers with the Control UI must log in again.',
  );
}
