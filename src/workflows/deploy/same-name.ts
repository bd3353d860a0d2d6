/** Machines of one name: computers that deploy it at the same moment know nothing of each other until it is done. */
import type { WaitOptions } from '../../core/abort.ts';
import { onFailure } from '../../core/errors.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { LookDeps } from './recover.ts';

// Only deploys at the same moment end in two machines of one name, so only machines of about the same age are asked: each look
// counts as use of the machine.
const TOGETHER_MS = 3_600_000;
const MAX_LOOKS = 10;

/**
 * A sentence that names the other awake machines of this name, and the one to use: the oldest, which all computers agree
 * on. Undefined where there are none, or none can be seen.
 */
export async function twinNote(
  deps: LookDeps,
  name: string,
  machineId: string,
  options: WaitOptions,
): Promise<string | undefined> {
  // What can only be told in addition does not fail a deploy.
  const all = await deps.machines.list(options).catch(onFailure([], options.signal));
  const own = all.find((one) => one.machineId === machineId);
  if (own === undefined) return undefined;
  const born = all.filter((one) => one !== own && one.phase === 'running' && bornTogether(one, own));
  const looks = born.slice(0, MAX_LOOKS).map(async (one) => {
    const { deployment_name } = await deps.openclaw.probe(one.machineId, options);
    return deployment_name === name ? [one] : [];
  });
  const seen = await Promise.allSettled(looks);
  const twins = seen.flatMap((look) => (look.status === 'fulfilled' ? look.value : []));
  return twins.length === 0 ? undefined : sentence(name, own, twins);
}

function bornTogether({ createdAt }: Machine, own: Machine): boolean {
  // Not a number, and so false, where the API does not tell.
  return Math.abs(Date.parse(createdAt ?? '') - Date.parse(own.createdAt ?? '')) <= TOGETHER_MS;
}

function sentence(name: string, own: Machine, twins: readonly Machine[]): string {
  const age = ({ createdAt = '', machineId }: Machine) => `${createdAt} ${machineId}`;
  const [oldest = own] = [own, ...twins].sort((a, b) => (age(a) < age(b) ? -1 : 1));
  const others = twins.map((one) => one.machineId).join(', ');
  return `Other machines are called "${name}" too, deployed at the same time: ${others}. The one to use is the oldest, ${oldest.machineId}; each is billed until destroy_machine deletes it.`;
}
