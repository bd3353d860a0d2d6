/** Which view stands for the result that the host hands over, and where a click leads. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { askAgain } from './ask-again.ts';
import type { Beside } from './beside.ts';
import type { Call } from './follow.ts';
import type { Host } from './host.ts';
import { pause } from './pace.ts';
import { type Fields, text } from './told/read.ts';
import { type Result, readResult, type Words } from './told/results.ts';
import { MachinesView } from './views/machines-view.tsx';
import { OperationsView, OperationView } from './views/operation-view.tsx';
import { Notice, Said } from './views/parts.tsx';
import { StatusView } from './views/status-view.tsx';
import { TalkView, TurnView } from './views/talk-view.tsx';
import { Waiting } from './views/waiting.tsx';

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
  const page = useRef<HTMLElement>(null);
  useEffect(() => host.watch(setBeside), [host]);
  const first = useMemo(() => beside && firstVisit(beside), [beside]);
  const shown = visits.at(-1) ?? first;
  useFocus(page, shown, visits);
  if (beside === undefined || shown === undefined) return null;

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
    <main ref={page}>
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

/** A click that changes what is shown takes its own button away: who goes by keys, or listens, goes on at the heading. */
function useFocus(page: { current: HTMLElement | null }, shown: Visit | undefined, visits: readonly Visit[]) {
  const untouched = useRef(visits);
  useEffect(() => {
    // Before any click the focus is none of the page's business, and never where a person is elsewhere.
    if (untouched.current === visits || !document.hasFocus()) return;
    if (document.activeElement === document.body) page.current?.querySelector('h1')?.focus();
  }, [page, shown, visits]);
}

const NO_INPUT: Fields = {};

function firstVisit({ tool, input = NO_INPUT, result }: Beside): Visit {
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

interface ShownProps {
  visit: Visit;
  call: Call;
  cancelled: boolean;
  onTop: Open;
  instead: Open;
}

function Shown(props: ShownProps) {
  const { call, cancelled, onTop, instead } = props;
  const { tool, input, result } = props.visit;
  if (result === undefined)
    return cancelled ? (
      <Notice tone="idle" title="The call was cancelled. What it began goes on: get_operation shows it." />
    ) : (
      <Waiting tool={tool} input={input} call={call} open={onTop} />
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
      return <WordsView tone="bad" message={result.message} said={result.said} />;
    case 'strange':
      return <OnlyWords {...props} words={result} />;
  }
}

function WordsView({
  tone,
  message,
  said,
}: {
  tone: 'bad' | 'idle';
  message: string;
  said: readonly string[];
}) {
  return (
    <Notice tone={tone} title={message}>
      {said.map((one, index) => (
        <Said key={`${index}`} what="What the other side said">
          {one}
        </Said>
      ))}
    </Notice>
  );
}

/** What a call said, until its data is had from the server, where that can be. */
function OnlyWords({ words: { message = '', said }, ...props }: ShownProps & { words: Words }) {
  const { visit, call } = props;
  const [result, setResult] = useState<Result>();
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    const ask = async () => {
      // Not before somebody looks.
      await pause(0, signal);
      const found = signal.aborted ? undefined : await askAgain(visit, message, call);
      if (!signal.aborted) setResult(found);
    };
    void ask();
    return () => ending.abort();
  }, [visit.tool, visit.input, message, call]);
  if (result !== undefined) return <Shown {...props} visit={{ ...visit, result }} />;
  return (
    <WordsView tone="idle" message={message || 'There is nothing to look at in this result.'} said={said} />
  );
}
