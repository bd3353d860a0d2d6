/** One machine, layer by layer, what is to be done about each finding, and the two things that a click may do. */

import type { Check, MachineStatus } from '../told/status.ts';
import { plain, timeOf } from '../told/words.ts';
import { phaseTone } from './machines-view.tsx';
import { Card, Chip, Facts, List, Mark, Notice, type Tone } from './parts.tsx';
import { SpendPlot } from './spend-plot.tsx';

const TONES: Readonly<Record<string, Tone>> = {
  ok: 'good',
  problem: 'bad',
  critical: 'bad',
  warning: 'warn',
  not_checked: 'idle',
};

export interface StatusActions {
  repair(machineId: string): void;
  wake(machineId: string): void;
  again(machineId: string): void;
}

export function StatusView({ status, actions }: { status: MachineStatus; actions: StatusActions }) {
  const { machineId, phase, working, advice } = status;
  const asleep = phase === 'sleeping';
  const title = working ? 'Every layer works' : asleep ? 'The machine is asleep' : 'Something is wrong';
  return (
    <Card
      title={title}
      beside={
        <p class="beside">
          <Chip tone={phaseTone(phase)}>{phase}</Chip>
        </p>
      }
    >
      <p class="id">{machineId}</p>
      {advice.map((sentence) => (
        <Notice key={sentence} tone={working || asleep ? 'idle' : 'warn'} title={sentence} />
      ))}
      <div class="actions">
        {phase === 'running' && (!working || status.interrupted.length > 0) && (
          <button type="button" class="first" onClick={() => actions.repair(machineId)}>
            Repair
          </button>
        )}
        {asleep && (
          <button type="button" class="first" onClick={() => actions.wake(machineId)}>
            Wake (billed while awake)
          </button>
        )}
        <button type="button" onClick={() => actions.again(machineId)}>
          Look again
        </button>
      </div>
      <div class="columns">
        <Checks what="Layers" checks={status.layers} />
        <Checks what="Protection" checks={status.posture} />
      </div>
      <Facts facts={factsOf(status)} />
      {status.spend !== undefined && <SpendPlot spend={status.spend} />}
      <List what="When the gateway went down by itself" entries={status.events.map(eventWords)} />
    </Card>
  );
}

function Checks({ what, checks }: { what: string; checks: readonly Check[] }) {
  if (checks.length === 0) return null;
  return (
    <div>
      <h2>{what}</h2>
      <ul class="checks">
        {[...checks].sort(worstFirst).map(({ name, state, detail, fix }) => (
          <li key={name}>
            <Mark tone={TONES[state] ?? 'idle'} />
            <div>
              <strong>{plain(name)}</strong> <span class="spoken">{plain(state)}</span>
              <span class="quiet">{plain(detail)}</span>
              {fix !== undefined && <p class="fix">{fix}</p>}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

const WORST_FIRST: readonly string[] = ['critical', 'problem', 'warning'];

/** What is well keeps its order below. */
function worstFirst(one: Check, other: Check): number {
  const rank = ({ state }: Check) =>
    WORST_FIRST.includes(state) ? WORST_FIRST.indexOf(state) : WORST_FIRST.length;
  return rank(one) - rank(other);
}

function factsOf({ openclaw, node, memoryMib, diskMib, channels }: MachineStatus) {
  const known = {
    OpenClaw: openclaw,
    Node: node,
    'Memory free': memoryMib === undefined ? undefined : `${memoryMib} MiB`,
    'Disk free': diskMib === undefined ? undefined : `${diskMib} MiB`,
    ...Object.fromEntries(channels.map(({ id, state }) => [id, plain(state)])),
  };
  return Object.entries(known).flatMap(([what, value]) => (value === undefined ? [] : [{ what, value }]));
}

function eventWords({ at, why, did }: MachineStatus['events'][number]): string {
  return `${at === undefined ? '' : `${timeOf(at)}: `}${plain(why)}, ${plain(did)}`;
}
