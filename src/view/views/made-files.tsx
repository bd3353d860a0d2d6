/** The files that a turn made: each is fetched to the person's computer by a click, under a name of its own there. */
import { useState } from 'preact/hooks';
import { savingOf } from '../called.ts';
import { asked, type Call } from '../follow.ts';
import type { MadeFile, Operation } from '../told/operation.ts';
import { sizeOf } from '../told/words.ts';
import { useFollowed } from './operation-view.tsx';
import { Notice } from './parts.tsx';

export function MadeFiles({
  files,
  note,
  machineId,
  call,
}: {
  files: readonly MadeFile[];
  note: string | undefined;
  machineId: string | undefined;
  call: Call;
}) {
  if (files.length === 0) return null;
  return (
    <div class="list">
      <h2>Files of this turn</h2>
      <ul>
        {files.map((file) => (
          <Made key={file.path} file={file} machineId={machineId} call={call} />
        ))}
      </ul>
      {note !== undefined && <p class="quiet">{note}</p>}
    </div>
  );
}

function Made({
  file: { path, bytes, type },
  machineId,
  call,
}: {
  file: MadeFile;
  machineId: string | undefined;
  call: Call;
}) {
  const [answer, setAnswer] = useState<Operation | string>();
  const [asking, setAsking] = useState(false);

  async function save() {
    setAsking(true);
    setAnswer(await asked(call, 'files', savingOf(path, machineId)));
    setAsking(false);
  }
  return (
    <li>
      <button type="button" class="link" title="Save on this computer" disabled={asking} onClick={save}>
        {path}
      </button>{' '}
      <span class="quiet">{[type, sizeOf(bytes)].filter((part) => part !== undefined).join(', ')}</span>
      {asking && <span class="quiet"> · asking for it</span>}
      {typeof answer === 'string' && <Notice tone="bad" title={answer} />}
      {typeof answer === 'object' && <Saving key={answer.id} operation={answer} call={call} />}
    </li>
  );
}

function Saving({ operation, call }: { operation: Operation; call: Call }) {
  const { latest, hindered } = useFollowed(operation, call);
  if (latest.error !== undefined) return <Notice tone="bad" title={latest.error.message} />;
  const where = latest.saved === undefined ? '' : `: ${latest.saved}`;
  const standing = latest.status === 'done' ? `saved${where}` : (hindered.message ?? 'being saved');
  return (
    <span class="quiet" role="status">
      {' '}
      · {standing}
    </span>
  );
}
