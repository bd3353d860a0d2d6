/** The answer to a turn as far as it was read: several questions may bring parts of it, and nothing is fed twice. */
import type { Clock } from '../core/clock.ts';
import type { ReplyOf } from '../sidecar/protocol.ts';
import { type TurnStream, turnStream } from './turn-stream.ts';

/** Turns that are being followed at once; whoever comes back to another reads it from its start. */
const MAX_FOLLOWED = 32;

/** How far the answers of running turns were read, by machine and turn id. */
export type FollowedAnswers = Map<string, Followed>;

interface Followed {
  stream: TurnStream;
  /** Of the first byte that was not read yet. */
  offset: number;
  /** When the turn began, by our own clock. */
  begunAt: number;
}

export interface TurnReply extends Readonly<Followed> {
  /** Milliseconds that the turn has run. */
  turnMs(): number;
  /**
   * Its offset stays behind `seen.next` where what it says cannot be joined to what is known.
   * @param from where the question asked the answer to begin.
   * @param onText is told the whole text where there is more of it.
   */
  take(seen: ReplyOf<'turn_read'>, from: number, onText?: (text: string) => void): void;
  /** For whoever reads on later. */
  keep(): void;
}

/** Taken out of `followed`, so that two who read one turn at once do not feed each other's text twice. */
export function answerSoFar(
  followed: FollowedAnswers,
  machineId: string,
  turnId: string,
  clock: Clock,
): TurnReply {
  const name = `${machineId} ${turnId}`;
  const known = followed.get(name) ?? { stream: turnStream(), offset: 0, begunAt: clock.elapsed() };
  followed.delete(name);
  return Object.assign(known, {
    turnMs: () => clock.elapsed() - known.begunAt,
    take(seen: ReplyOf<'turn_read'>, from: number, onText?: (text: string) => void) {
      // From the machine's clock only how long it took, not when that was.
      const ran = seen.now_ms - (seen.started_ms ?? seen.now_ms);
      if (seen.state === 'running') known.begunAt = Math.min(known.begunAt, clock.elapsed() - ran);
      const piece = news(seen, from, known.offset);
      if (piece === undefined) return;
      const before = known.stream.text.length;
      known.stream.feed(piece);
      known.offset = Math.max(known.offset, seen.next);
      if (known.stream.text.length > before) onText?.(known.stream.text);
    },
    keep() {
      const [oldest] = followed.keys();
      if (oldest !== undefined && followed.size >= MAX_FOLLOWED) followed.delete(oldest);
      followed.set(name, known);
    },
  });
}

/**
 * What another question has brought meanwhile is left out. Undefined where nobody can tell where that ends, since a
 * secret was masked in it: then it is asked for again from there.
 */
function news({ answer, next }: ReplyOf<'turn_read'>, from: number, read: number): string | undefined {
  if (from >= read) return answer;
  if (next <= read) return '';
  const bytes = Buffer.from(answer);
  return bytes.length === next - from ? bytes.subarray(read - from).toString('utf8') : undefined;
}
