/** A conversation as a conversation: one turn that a chat began, or the newest messages of a session. */
import type { Call } from '../follow.ts';
import type { Operation } from '../told/operation.ts';
import type { Message, Talk } from '../told/talk.ts';
import { durationOf, plain, timeOf } from '../told/words.ts';
import { MadeFiles } from './made-files.tsx';
import { Failed, HinderedNotice, STATUS_TONES, useFollowed } from './operation-view.tsx';
import { Card, Chip, Said, Spoken } from './parts.tsx';

const NAMES: Readonly<Record<string, string>> = { user: 'You', assistant: 'Assistant' };

export function TalkView({ talk }: { talk: Talk }) {
  const { session, messages } = talk;
  return (
    <Card title="Conversation" beside={<p class="beside quiet">{session}</p>}>
      {messages.length === 0 && <p class="quiet">Nothing has been said in this session yet.</p>}
      <ol class="talk">
        {messages.map((message, index) => (
          <Line key={`${index} ${message.at}`} message={message} />
        ))}
      </ol>
    </Card>
  );
}

/** @param message what was sent, where the host tells; a result does not repeat it. */
export function TurnView({
  operation,
  message,
  call,
  read,
}: {
  operation: Operation;
  message: string | undefined;
  call: Call;
  read: (machineId: string, session: string) => void;
}) {
  const { latest, waited, hindered } = useFollowed(operation, call);
  const { status, reply, error, session = 'default', machineId } = latest;
  const answering = status === 'running';
  const stage = latest.stages.at(-1)?.name ?? 'starting';
  return (
    <Card
      title={`Chat: ${session}`}
      beside={
        <p class="beside">
          <span class="time">{durationOf(latest.seconds + waited)}</span>{' '}
          <Chip tone={STATUS_TONES[status]}>{answering ? stage : status}</Chip>
        </p>
      }
    >
      <ol class="talk">
        {message !== undefined && <Line message={{ role: 'user', text: message, at: undefined }} />}
        {reply !== undefined && <Line message={{ role: 'assistant', text: reply, at: undefined }} />}
        {answering && (
          <li class="assistant waiting" aria-hidden="true">
            <i />
            <i />
            <i />
          </li>
        )}
      </ol>
      <Spoken>{answering ? 'The assistant is answering' : `The turn is ${status}`}</Spoken>
      <HinderedNotice {...hindered} />
      {error !== undefined && <Failed error={error} next={latest.next} />}
      <MadeFiles files={latest.made} note={latest.madeNote} machineId={machineId} call={call} />
      {!answering && <Below operation={latest} />}
      {!answering && machineId !== undefined && (
        <div class="actions">
          <button type="button" onClick={() => read(machineId, session)}>
            Whole conversation
          </button>
        </div>
      )}
    </Card>
  );
}

function Below({ operation: { model, tokens, finish, notes } }: { operation: Operation }) {
  const parts = [
    model,
    tokens === undefined ? undefined : `${tokens} tokens`,
    finish === 'length' ? "cut at the model's limit of output" : undefined,
    ...notes,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? null : <p class="quiet">{parts.join(' · ')}</p>;
}

function Line({ message: { role, text, at } }: { message: Message }) {
  const who = NAMES[role] ?? plain(role);
  const spoken = role === 'user' || role === 'assistant';
  return (
    <li class={spoken ? role : 'aside'}>
      <p class="who">
        {who}
        {at !== undefined && <span class="quiet"> {timeOf(at)}</span>}
      </p>
      {spoken ? <p class="said">{text}</p> : <Said what={`What ${who} said`}>{text}</Said>}
    </li>
  );
}
