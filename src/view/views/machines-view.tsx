/** Every machine of the account: what it is doing, what it costs, and when it goes to sleep. */
import type { Call } from '../follow.ts';
import type { Machine, Machines } from '../told/machines.ts';
import type { Spent } from '../told/spend.ts';
import { autosleepOf, timeOf } from '../told/words.ts';
import { Card, Chip, Facts, Notice, type Tone } from './parts.tsx';
import { Week } from './spend-plot.tsx';
import { useWeeks } from './weeks.ts';

export function phaseTone(phase: string): Tone {
  if (phase === 'running') return 'good';
  if (phase === 'sleeping') return 'idle';
  if (phase === 'failed') return 'bad';
  return 'busy';
}

const WASTE: Readonly<Record<string, string>> = {
  failed: 'has failed, and holds quota for nothing',
  stuck: 'has found no host, and holds quota for nothing',
  forgotten: 'has slept for weeks and was not deployed from here',
};

export function MachinesView({
  all,
  look,
  call,
}: {
  all: Machines;
  look: (machineId: string) => void;
  call: Call;
}) {
  const weeks = useWeeks(all.machines, call);
  return (
    <Card
      title="Machines"
      beside={<p class="beside quiet">{all.total === 1 ? '1 machine' : `${all.total} machines`}</p>}
    >
      <Billed all={all} />
      {all.machines.length === 0 && <p class="quiet">There are no machines yet.</p>}
      <ul class="rows">
        {all.machines.map((machine) => (
          <MachineRow key={machine.id} machine={machine} week={weeks.get(machine.id)} look={look} />
        ))}
      </ul>
      {all.more !== undefined && <p class="quiet">More machines are on the next page of the list.</p>}
    </Card>
  );
}

function Billed({ all }: { all: Machines }) {
  const { awake, awakeVcpu, awakeMemoryMib, awakeHours, plan } = all;
  const facts = [
    { what: 'Awake, billed now', value: `${awake}` },
    {
      what: 'Together',
      value: awake === 0 ? 'storage only' : `${awakeVcpu} vCPU, ${memoryOf(awakeMemoryMib)}`,
    },
    ...(awakeHours === undefined ? [] : [{ what: 'Awake this period', value: `${awakeHours} h` }]),
    ...(plan === undefined ? [] : [{ what: 'Plan', value: plan }]),
  ];
  return <Facts facts={facts} kind="tiles" />;
}

function MachineRow({
  machine,
  week = [],
  look,
}: {
  machine: Machine;
  week: readonly Spent[] | undefined;
  look: (machineId: string) => void;
}) {
  const { id, name, phase, since, vcpu, memoryMib, storageGib, waste } = machine;
  const size = [
    vcpu !== undefined && `${vcpu} vCPU`,
    memoryMib !== undefined && memoryOf(memoryMib),
    storageGib !== undefined && `${storageGib} GiB disk`,
  ].filter((part) => part !== false);
  return (
    <li class="row">
      <div>
        <p>
          <strong>{name ?? 'unnamed'}</strong> <Chip tone={phaseTone(phase)}>{phase}</Chip>
          {since !== undefined && <span class="quiet"> since {timeOf(since)}</span>}
        </p>
        <p class="quiet">
          {size.join(' · ')} · sleeps {autosleepOf(machine.autosleepSeconds)}
        </p>
        <p class="id">{id}</p>
        <Week week={week} />
        {waste !== undefined && <Notice tone="warn" title={`It ${WASTE[waste] ?? waste}.`} />}
      </div>
      <button type="button" onClick={() => look(id)} aria-label={`Status of ${name ?? id}`}>
        Status
      </button>
    </li>
  );
}

function memoryOf(mib: number): string {
  return mib >= 1024 ? `${Math.round((mib / 1024) * 10) / 10} GiB` : `${mib} MiB`;
}
