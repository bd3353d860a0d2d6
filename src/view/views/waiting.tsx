/** Until a call answers: the work that it has begun, where that can be told, else that it is under way. */
import { useEffect, useState } from 'preact/hooks';
import { atOnce, onlyLooks } from '../ask-again.ts';
import { begins, begunBy, type Call } from '../follow.ts';
import { pause, useSecondsSince } from '../pace.ts';
import type { Operation } from '../told/operation.ts';
import type { Fields } from '../told/read.ts';
import { readResult } from '../told/results.ts';
import { OperationView } from './operation-view.tsx';
import { Card, Notice, Spoken } from './parts.tsx';

// No call waits longer than 45 s unless it was told to.
const LATE_SECONDS = 60;

export function Waiting({
  tool,
  input,
  call,
  open,
}: {
  tool: string | undefined;
  input: Fields;
  call: Call;
  open: (tool: string, input: Fields) => void;
}) {
  const [begun, setBegun] = useState<Operation>();
  const seconds = useSecondsSince(tool, true);
  useEffect(() => {
    if (tool === undefined || !begins(tool)) return undefined;
    const ending = new AbortController();
    void peek(tool, input, call, ending.signal).then(setBegun);
    return () => ending.abort();
  }, [tool, input, call]);
  if (begun !== undefined && begun.kind !== 'turn')
    return <OperationView key={begun.id} operation={begun} call={call} />;
  return (
    <Card title={tool?.replaceAll('_', ' ') ?? 'Waiting'}>
      {seconds < LATE_SECONDS ? (
        <div class="progress running">
          <div class="bar endless" />
        </div>
      ) : (
        <Notice tone="idle" title="The client has not said yet what came of this call." />
      )}
      {seconds >= LATE_SECONDS && onlyLooks(tool) && (
        <div class="actions">
          <button type="button" onClick={() => open(tool, atOnce(tool, input))}>
            Look now
          </button>
        </div>
      )}
      <Spoken>The call is under way</Spoken>
    </Card>
  );
}

const PEEK_MS = 1_000;
const MAX_PEEK_MS = 5_000;
// Work begins within seconds of its call. What is shown again later may never be answered: it is not asked for without end.
const MAX_PEEKS = 15;

async function peek(
  tool: string,
  input: Fields,
  call: Call,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  for (let asked = 0; asked < MAX_PEEKS; asked += 1) {
    await pause(Math.min(PEEK_MS * 1.3 ** asked, MAX_PEEK_MS), signal);
    if (signal.aborted) return undefined;
    const listed = await operationsNow(call);
    // A host that does not let the page call says so once; the answer comes all the same.
    if (signal.aborted || listed === undefined) return undefined;
    const begun = begunBy(tool, input, listed);
    if (begun !== undefined) return begun;
  }
  return undefined;
}

async function operationsNow(call: Call): Promise<readonly Operation[] | undefined> {
  try {
    const result = readResult(await call('get_operation', {}));
    return result.is === 'operations' ? result.operations : undefined;
  } catch {
    return undefined;
  }
}
