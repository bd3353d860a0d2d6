/** What configure_openclaw shows at its end: the settings, and on request what the gateway says of channels and requests. */
import { isPatch } from '../../core/patch.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { ConfigureService, ShownSettings } from '../../openclaw/configure/configure.ts';
import { type Keys, presentModel } from '../../openclaw/configure/plan.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { asJson, type JsonObject } from '../../operations/record.ts';
import { channelStates, pendingRequests } from './channels.ts';
import { remainingKeys, remainingKeysNote } from './remaining-keys.ts';

interface ShowDeps {
  machines: MachineService;
  configure: ConfigureService;
  keys: Keys;
}

interface ShownCall {
  machineId: string;
  channel?: string | undefined;
  /** Nothing was changed: all that can be known is shown. */
  looks: boolean;
}

/** The gateway itself is asked only where a channel was connected or nothing was changed: that takes seconds. */
export async function showSettings(
  operation: OperationHandle,
  { configure, machines, keys }: ShowDeps,
  { machineId, channel, looks }: ShownCall,
): Promise<JsonObject> {
  await operation.stage('look');
  const live = looks ? 'all' : channel === undefined ? undefined : 'channels';
  const shown = await configure.show(machineId, { signal: operation.signal, live });
  if (channel !== undefined) await warnOfSleep(operation, machines, machineId);
  const kept = looks ? remainingKeys(shown.secretNames, keys.providers) : [];
  if (kept.length > 0) await operation.note(remainingKeysNote(kept));
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
  // As text: the names of settings come from the machine, and as fields they would look like fields of ours.
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
  const { autosleepSeconds } = await machines.get(machineId, operation);
  if (autosleepSeconds === 0) return;
  const when = autosleepSeconds === undefined ? 'some minutes' : `${autosleepSeconds} s`;
  await operation.note(
    `The machine sleeps after ${when} without a call through this server, and messages from outside do not wake it: pass autosleep "never" to keep the channel answering, which bills all the time.`,
  );
}
