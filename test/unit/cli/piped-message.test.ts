/** A message from a pipe: whole, and never waited for without a word. */
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { pipedMessage } from '../../../src/cli/commands/chat/message.ts';
import { manualClock } from '../../support/manual-clock.ts';

function piped() {
  const [stdin, stderr, clock] = [new PassThrough(), new PassThrough(), manualClock()];
  return { stdin, stderr, clock, message: pipedMessage({ stdin, stderr, clock }) };
}

it('says what it waits for where nothing comes, and takes what comes then', async () => {
  const { stdin, stderr, clock, message } = piped();
  await clock.advance(2_999);
  expect(stderr.read()).toBeNull();
  await clock.advance(1);
  expect(String(stderr.read())).toMatch(/^Waiting for the message on stdin/);
  stdin.end('late\n');
  expect(await message).toBe('late');
});

it('says nothing where the message comes, or there is none', async () => {
  const [came, ended] = [piped(), piped()];
  came.stdin.end('hello\nyou');
  expect(await came.message).toBe('hello\nyou');
  ended.stdin.end();
  await expect(ended.message).rejects.toMatchObject({ code: 'invalid_input' });
  await Promise.all([came.clock.advance(5_000), ended.clock.advance(5_000)]);
  expect([came.stderr.read(), ended.stderr.read()]).toEqual([null, null]);
});
