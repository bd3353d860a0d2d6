/** Which view stands for the result that the host hands over, and where a click leads. */
import { useEffect, useState } from 'preact/hooks';
import { begunBy, type Call } from './follow.ts';
import type { Beside, Host } from './host.ts';
import { pause } from './pace.ts';
import type { Operation } from './told/operation.ts';
import { type Fields, text } from './told/read.ts';
import { type Result, readResult } from './told/results.ts';
import { MachinesView } from './views/machines-view.tsx';
import { OperationsView, OperationView } from './views/operation-view.tsx';
import { Card, Notice, Said, Spoken } from './views/parts.tsx';
import { StatusView } from './views/status-view.tsx';
import { TalkView, TurnView } from './views/talk-view.tsx';

/** A call whose answer is shown: the host's own, or one that a click made. */
interface Visit {
  tool: string | undefined;
  input: Fields;
  /** Undefined until it has answered. */
  result: Result | undefined;
}

export function Page({ host }: { host: Host }) {
  const [beside, setBeside] = useState<Beside>();
  const [visits, setVisits] = useState<readonly Visit[]>([]);
  useEffect(() => host.watch(setBeside), [host]);
  if (beside === undefined) return null;
  const first = firstVisit(beside);
  const shown = visits.at(-1) ?? first;

  /** Shows the answer of another call; `instead` of what is shown, or on top of it. */
  async function open(tool: string, input: Fields, before: readonly Visit[]) {
    const visit: Visit = { tool, input, result: undefined };
    setVisits([...before, visit]);
    const result = await answerOf(host.call, tool, input);
    setVisits((now) => (now.includes(visit) ? [...before, { ...visit, result }] : now));
  }
  const onTop = (tool: string, input: Fields) => void open(tool, input, visits);
  const instead = (tool: string, input: Fields) => void open(tool, input, visits.slice(0, -1));
  const { machine } = machineOf(shown);
  const closing = shown.result?.is === 'operation' && visits.length > 0 && machine !== undefined;
  return (
    <main>
      {visits.length > 0 && (
        <nav>
          <button type="button" class="plain" onClick={() => setVisits(visits.slice(0, -1))}>
            ← Back
          </button>
          {closing && (
            <button
              type="button"
              class="plain"
              onClick={() => instead('gateway_status', { machine_id: machine })}
            >
              Status now
            </button>
          )}
        </nav>
      )}
      <Shown
        visit={shown}
        call={host.call}
        cancelled={beside.cancelled && visits.length === 0}
        onTop={onTop}
        instead={instead}
      />
    </main>
  );
}

function firstVisit({ tool, input, result }: Beside): Visit {
  return { tool, input, result: result && readResult(result) };
}

function machineOf({ result }: Visit) {
  return { machine: result?.is === 'operation' ? result.operation.machineId : undefined };
}

async function answerOf(call: Call, tool: string, input: Fields): Promise<Result> {
  try {
    return readResult(await call(tool, { ...input }));
  } catch (error) {
    return {
      is: 'failure',
      message: error instanceof Error ? error.message : 'The client refused the call.',
      said: [],
    };
  }
}

type Open = (tool: string, input: Fields) => void;

function Shown({
  visit: { tool, input, result },
  call,
  cancelled,
  onTop,
  instead,
}: {
  visit: Visit;
  call: Call;
  cancelled: boolean;
  onTop: Open;
  instead: Open;
}) {
  if (result === undefined)
    return cancelled ? (
      <Notice tone="idle" title="The call was cancelled. What it began goes on: get_operation shows it." />
    ) : (
      <Waiting tool={tool} input={input} call={call} />
    );
  switch (result.is) {
    case 'operation':
      return result.operation.kind === 'turn' ? (
        <TurnView
          key={result.operation.id}
          operation={result.operation}
          message={text(input.message)}
          call={call}
          read={(machine_id, session) => onTop('read_session', { machine_id, session })}
        />
      ) : (
        <OperationView key={result.operation.id} operation={result.operation} call={call} />
      );
    case 'operations':
      return <OperationsView operations={result.operations} call={call} />;
    case 'machines':
      return (
        <MachinesView
          all={result.machines}
          look={(machine_id) => onTop('gateway_status', { machine_id })}
          call={call}
        />
      );
    case 'status':
      return (
        <StatusView
          status={result.status}
          actions={{
            repair: (machine_id) => onTop('repair_openclaw', { machine_id, wait_seconds: 0 }),
            wake: (machine_id) => onTop('wake_machine', { machine_id, wait_seconds: 0 }),
            again: (machine_id) => instead('gateway_status', { machine_id }),
          }}
        />
      );
    case 'talk':
      return <TalkView talk={result.talk} />;
    case 'failure':
      return (
        <Notice tone="bad" title={result.message}>
          {result.said.map((said, index) => (
            <Said key={`${index}`} what="What the other side said">
              {said}
            </Said>
          ))}
        </Notice>
      );
    case 'strange':
      return <Notice tone="idle" title="There is nothing to look at in this result." />;
  }
}

const PEEK_MS = 1_000;

/** Until a call answers: the work that it has begun, where that can be told, else that it is under way. */
function Waiting({ tool, input, call }: { tool: string | undefined; input: Fields; call: Call }) {
  const [begun, setBegun] = useState<Operation>();
  useEffect(() => {
    if (tool === undefined) return undefined;
    const ending = new AbortController();
    void peek(tool, input, call, ending.signal).then(setBegun);
    return () => ending.abort();
  }, [tool, input, call]);
  if (begun !== undefined && begun.kind !== 'turn')
    return <OperationView key={begun.id} operation={begun} call={call} />;
  return (
    <Card title={tool?.replaceAll('_', ' ') ?? 'Waiting'}>
      <div class="progress running">
        <div class="bar endless" />
      </div>
      <Spoken>The call is under way</Spoken>
    </Card>
  );
}

async function peek(
  tool: string,
  input: Fields,
  call: Call,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  while (!signal.aborted) {
    await pause(PEEK_MS, signal);
    if (signal.aborted) return undefined;
    const result = await answerOf(call, 'get_operation', {});
    // A host that does not let the page call says so once; the answer comes all the same.
    if (result.is !== 'operations') return undefined;
    const begun = begunBy(tool, input, result.operations);
    if (begun !== undefined) return signal.aborted ? undefined : begun;
  }
  return undefined;
}
