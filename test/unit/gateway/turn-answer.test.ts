/** Parts of one answer that several questions bring: joined without a gap, and nothing of it twice. */
import { describe, expect, it } from 'vitest';
import { answerSoFar } from '../../../src/gateway/turn-answer.ts';
import type { ReplyOf } from '../../../src/sidecar/protocol.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { delta } from './fake-gateway.ts';

const WHOLE = ['one ', 'zwölf ', '🦞 '].map(delta).join('');
const bytes = Buffer.from(WHOLE);

function piece(from: number, next: number, mask = (text: string) => text): ReplyOf<'turn_read'> {
  const answer = mask(bytes.subarray(from, next).toString('utf8'));
  return { state: 'running', now_ms: 1, sent: true, disk_full: false, more: false, answer, next };
}

describe('an answer', () => {
  const first = Buffer.byteLength(delta('one '));
  const second = first + Buffer.byteLength(delta('zwölf '));

  it('that was read on meanwhile takes only what is new of a longer part', () => {
    const answer = answerSoFar(new Map(), 'm', 't', manualClock());
    answer.take(piece(0, first), 0);
    answer.take(piece(first, second), first);
    answer.take(piece(0, first), 0);
    answer.take(piece(0, bytes.length), 0);
    expect([answer.stream.text, answer.offset]).toEqual(['one zwölf 🦞 ', bytes.length]);
  });

  it('in which a secret was masked is asked for again from where it stands', () => {
    const answer = answerSoFar(new Map(), 'm', 't', manualClock());
    answer.take(piece(0, second), 0);
    answer.take(
      piece(0, bytes.length, (text) => text.replace('one', '[redacted]')),
      0,
    );
    expect([answer.stream.text, answer.offset]).toEqual(['one zwölf ', second]);
    answer.take(piece(second, bytes.length), second);
    expect(answer.stream.text).toBe('one zwölf 🦞 ');
  });
});
