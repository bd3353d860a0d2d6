/** Long work: its stages as a moving bar, and then what came of it. */
import { useEffect, useState } from 'preact/hooks';
import { type Call, follow } from '../follow.ts';
import { pause, useSecondsSince } from '../pace.ts';
import { type Segment, segments } from '../progress.ts';
import type { Operation, Status } from '../told/operation.ts';
import { durationOf } from '../told/words.ts';
import { Card, Chip, Facts, List, Mark, Notice, Said, Spoken, type Tone } from './parts.tsx';

const TITLES: Readonly<Record<string, string>> = {
  deploy: 'Deploy OpenClaw',
  wake: 'Wake the machine',
  sleep: 'Put the machine to sleep',
  destroy: 'Destroy the machine',
  upgrade: 'Upgrade OpenClaw',
  backup: 'Back up the assistant',
  restore: 'Restore the assistant',
  repair: 'Repair OpenClaw',
  configure: 'Configure OpenClaw',
  turn: 'Chat',
};

export const STATUS_TONES: Readonly<Record<Status, Tone>> = {
  running: 'busy',
  ready: 'good',
  done: 'good',
  failed: 'bad',
  cancelled: 'idle',
  unknown: 'idle',
};

/** What hinders that an operation is followed, and how it is asked for once more. */
interface Hindered {
  message: string | undefined;
  /** Undefined while it is asked for anyway. */
  again: (() => void) | undefined;
}

/** `operation` as it is now: followed while it runs, and unknown where nobody has answered for long. */
export function useFollowed(operation: Operation, call: Call) {
  const [latest, setLatest] = useState(operation);
  const [message, setMessage] = useState<string>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    setLatest(operation);
    setMessage(undefined);
    const ending = new AbortController();
    const { signal } = ending;
    const lost = () => setLatest((last) => ({ ...last, status: 'unknown' }));
    void follow(operation, { call, pause, signal, seen: setLatest, hindered: setMessage, lost });
    return () => ending.abort();
  }, [operation.id, operation.status, round]);
  const waited = useSecondsSince(latest, latest.status === 'running');
  const again = latest.status === 'unknown' ? () => setRound(round + 1) : undefined;
  const hindered: Hindered = { message, again };
  return { latest, waited, hindered };
}

/** Nothing while the operation is followed. */
export function HinderedNotice({ message, again }: Hindered) {
  if (message === undefined) return null;
  return (
    <Notice tone="warn" title={`Its state cannot be asked for now: ${message}`}>
      {again !== undefined && (
        <div class="actions">
          <button type="button" onClick={again}>
            Ask again
          </button>
        </div>
      )}
    </Notice>
  );
}

export function OperationView({ operation, call }: { operation: Operation; call: Call }) {
  const { latest, waited, hindered } = useFollowed(operation, call);
  const { status, error, notes, lists, name } = latest;
  const title = TITLES[latest.kind] ?? latest.kind;
  return (
    <Card
      title={name === undefined ? title : `${title}: ${name}`}
      beside={<Ending status={status} seconds={latest.seconds + waited} />}
    >
      <Bar operation={latest} waited={waited} />
      <HinderedNotice {...hindered} />
      {error !== undefined && <Failed error={error} next={latest.next} />}
      {lists.map(({ what, entries }) => (
        <List key={what} what={what} entries={entries} />
      ))}
      {status !== 'running' && <Facts facts={latest.facts} />}
      <List what="Notes" entries={notes} />
    </Card>
  );
}

function Ending({ status, seconds }: { status: Status; seconds: number }) {
  return (
    <p class="beside">
      <span class="time">{durationOf(seconds)}</span> <Chip tone={STATUS_TONES[status]}>{status}</Chip>
    </p>
  );
}

export function Failed({
  error,
  next,
}: {
  error: NonNullable<Operation['error']>;
  next: string | undefined;
}) {
  return (
    <Notice tone="bad" title={error.message}>
      {next !== undefined && (
        <p>
          <strong>Next:</strong> {next}
        </p>
      )}
      {error.said !== undefined && <Said what="What the other side said">{error.said}</Said>}
    </Notice>
  );
}

function Bar({ operation, waited }: { operation: Operation; waited: number }) {
  const parts = segments(operation, waited);
  const at = parts.at(-1)?.name ?? 'starting';
  const { status } = operation;
  const now = status === 'running' ? `Stage ${at}` : `${TITLES[operation.kind] ?? operation.kind}: ${status}`;
  return (
    <div class={`progress ${status}`}>
      <div class="bar" role="progressbar" aria-label="Progress" aria-valuetext={now}>
        {parts.map(({ name, percent, live }, index) => (
          <span key={`${index} ${name}`} class={live ? 'live' : undefined} style={{ width: `${percent}%` }} />
        ))}
      </div>
      <ol class="stages">
        {parts.map((part, index) => (
          <StageLine
            key={`${index} ${part.name}`}
            part={part}
            tone={part.live ? 'busy' : index === parts.length - 1 ? LAST_TONES[status] : 'good'}
          />
        ))}
      </ol>
      <Spoken>{now}</Spoken>
    </div>
  );
}

/** Of the last stage, by how the work ended. */
const LAST_TONES: Readonly<Record<Status, Tone>> = { ...STATUS_TONES, cancelled: 'good' };

function StageLine({ part: { name, seconds, live }, tone }: { part: Segment; tone: Tone }) {
  return (
    <li class={live ? 'live' : undefined} aria-current={live ? 'step' : undefined}>
      <Mark tone={tone} />
      <span>{name}</span>
      <span class="time">{seconds < 10 ? `${seconds.toFixed(1)} s` : durationOf(seconds)}</span>
    </li>
  );
}

/** Several at once, each on one line: what get_operation lists. */
export function OperationsView({ operations, call }: { operations: readonly Operation[]; call: Call }) {
  return (
    <Card title="Operations">
      {operations.length === 0 && <p class="quiet">Nothing is in flight.</p>}
      <ul class="rows">
        {operations.map((operation) => (
          <OperationRow key={operation.id} operation={operation} call={call} />
        ))}
      </ul>
    </Card>
  );
}

function OperationRow({ operation, call }: { operation: Operation; call: Call }) {
  const { latest, waited } = useFollowed(operation, call);
  const stage = latest.stages.at(-1)?.name;
  const where = latest.name ?? latest.machineId;
  return (
    <li class="row">
      <div>
        <strong>{TITLES[latest.kind] ?? latest.kind}</strong>
        {where !== undefined && <span class="quiet"> {where}</span>}
        {latest.status === 'running' && stage !== undefined && <span class="quiet"> stage {stage}</span>}
        {latest.error !== undefined && <p class="quiet">{latest.error.message}</p>}
      </div>
      <Ending status={latest.status} seconds={latest.seconds + waited} />
    </li>
  );
}
