/** Which machine is meant: by id, by pin, or because there is only one; and what each one is called. */
import type { WaitOptions } from '../../core/abort.ts';
import { AppError } from '../../core/errors.ts';
import { oneWord } from '../../core/text.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { Operations } from '../../operations/ports.ts';
import { type OperationRecord, parseOperationId } from '../../operations/record.ts';
import { DEPLOY } from '../deploy/deploy.ts';
import { isAlive } from '../power/machine-phase.ts';

export interface Directory {
  /**
   * The id that a call means.
   * @throws AppError `ambiguous` or `not_found` that lists the choices; `invalid_input` when another one is pinned.
   */
  resolve(machineId: string | undefined, options?: WaitOptions): Promise<string>;
  /** Names that were given with deploy_openclaw on this computer, by machine id. */
  names(): Promise<ReadonlyMap<string, string>>;
  /** The newest deploy of this name, whether it runs, ended or failed. */
  latestDeploy(name: string): Promise<OperationRecord | undefined>;
}

// More choices than this help nobody.
const MAX_CHOICES = 10;

/** @param pinned the only machine that may be touched, where the server was started for one. */
export function directory(
  machines: MachineService,
  operations: Operations,
  pinned: string | undefined,
): Directory {
  const deploys = () => operations.list('all', (id) => parseOperationId(id)?.kind === DEPLOY);
  const names = async () => {
    const found = new Map<string, string>();
    for (const record of await deploys()) {
      const { machineId } = record;
      if (machineId && !found.has(machineId)) found.set(machineId, oneWord(record.key));
    }
    return found;
  };
  return {
    names,
    latestDeploy: async (name) => (await deploys()).find((record) => record.key === name),
    async resolve(machineId, options = {}) {
      if (pinned !== undefined) return pinnedOnly(machineId, pinned);
      if (machineId !== undefined) return machineId;
      const all = (await machines.list(options)).filter(isAlive);
      const [only] = all;
      if (only && all.length === 1) return only.machineId;
      throw await whichOne(all, await names());
    },
  };
}

function pinnedOnly(machineId: string | undefined, pinned: string): string {
  if (machineId === undefined || machineId === pinned) return pinned;
  throw new AppError('invalid_input', 'This server is pinned to another machine by OPENCLAW_MCP_MACHINE_ID', {
    next: 'Call again without machine_id.',
  });
}

async function whichOne(all: readonly Machine[], names: ReadonlyMap<string, string>): Promise<AppError> {
  if (all.length === 0) {
    return new AppError('not_found', 'There is no machine yet', { next: 'Call deploy_openclaw first.' });
  }
  const choices = all
    .slice(0, MAX_CHOICES)
    .map((m) => `${m.machineId} (${names.get(m.machineId) ?? 'unnamed'}, ${m.phase})`);
  const more = all.length > MAX_CHOICES ? ` and ${all.length - MAX_CHOICES} more` : '';
  return new AppError('ambiguous', `There are ${all.length} machines: ${choices.join(', ')}${more}`, {
    next: 'Call again with one of these ids as machine_id.',
  });
}
