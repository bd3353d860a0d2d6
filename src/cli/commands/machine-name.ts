/** Machines by the names that their deploys were given on this computer. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../tools/services.ts';
import { DESTROY } from '../../workflows/destroy/destroy.ts';
import { isAlive } from '../../workflows/power/machine-phase.ts';

/** Names and their machines, without those destroyed from here. Read from this computer's records alone. */
export async function namedMachines({
  directory,
  operations,
}: Pick<Services, 'directory' | 'operations'>): Promise<{ name: string; machineId: string }[]> {
  const destroyed = (await operations.list('all')).filter(
    ({ kind, status }) => kind === DESTROY && status === 'done',
  );
  const gone = new Set(destroyed.map(({ key }) => key));
  const names = [...(await directory.names())].map(([machineId, name]) => ({ name, machineId }));
  return names.filter(({ machineId }) => !gone.has(machineId));
}

/**
 * The id of the machine of this name; what is no name is taken for an id.
 * @throws AppError `ambiguous` where several machines bear it.
 */
export async function machineIdOf(wanted: string, services: Services, options: WaitOptions): Promise<string> {
  const found = (await namedMachines(services)).filter(({ name }) => name === wanted);
  const [only] = found;
  if (only === undefined) return wanted;
  if (found.length === 1) return only.machineId;
  const alive = new Set(
    (await services.machines.list(options)).filter(isAlive).map(({ machineId }) => machineId),
  );
  const left = found.filter(({ machineId }) => alive.has(machineId));
  const [last] = left;
  if (last !== undefined && left.length === 1) return last.machineId;
  const ids = left.map(({ machineId }) => machineId).join(', ');
  throw new AppError('ambiguous', `${left.length} machines were deployed as "${wanted}": ${ids}`, {
    next: 'Call again with one of these ids as machine_id.',
  });
}
