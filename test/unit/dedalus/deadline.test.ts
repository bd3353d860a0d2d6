/** A request ends: by its answer, by our deadline, by the caller, or by something we refuse to follow or hold. */
import { expect, it } from 'vitest';
import { problem, wireMachine } from '../../support/dedalus-wire.ts';
import type { Reply } from '../../support/scripted-http.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';
import { clientOnWire, failureOf } from './fixture.ts';

const silence: Reply = () => {};
const stalledBody: Reply = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"machine_id":');
};
const stalledRefusal: Reply = (response) => {
  response.writeHead(500, { 'content-type': 'application/json' });
  response.write('{"title":');
};

it.each([
  ['an answer that never begins', silence],
  ['a body that stalls', stalledBody],
  ['a refusal that stalls', stalledRefusal],
])('gives up %s after 30 s and asks again', async (_name, reply) => {
  const { server, clock, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', reply, { json: wireMachine('running') });
  const pending = api.getMachine('dm-1');
  await expect.poll(() => server.requests).toHaveLength(1);
  await clock.advance(30_000);
  expect((await pending).phase).toBe('running');
  expect(server.requests).toHaveLength(2);
});

it('says so when no try got an answer', async () => {
  const { server, clock, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', silence);
  const pending = failureOf(api.getMachine('dm-1'));
  await expect.poll(() => server.requests).toHaveLength(1);
  await clock.advance(40_000);
  expect(await pending).toMatchObject({ code: 'unavailable', details: { reason: 'no_answer' } });
});

it('stops waiting as soon as the caller does, with the reason of the caller', async () => {
  const { server, api } = await clientOnWire();
  server.on('GET', '/v1/machines/dm-1', stalledBody);
  const caller = new AbortController();
  const pending = failureOf(api.getMachine('dm-1', { signal: caller.signal }));
  await expect.poll(() => server.requests).toHaveLength(1);
  const reason = new Error('client went away');
  caller.abort(reason);
  expect(await pending).toBe(reason);
});

it('stops also between two tries', async () => {
  const caller = new AbortController();
  const reason = new Error('client went away');
  const { server, clock, api } = await clientOnWire({
    // The jitter is asked for right before the pause begins.
    random: () => {
      setImmediate(() => caller.abort(reason));
      return 0.5;
    },
  });
  const sleep = clock.sleep;
  clock.sleep = (_ms, signal) => sleep(60_000, signal);
  server.on('GET', '/v1/machines/dm-1', problem(500, 'x'));
  expect(await failureOf(api.getMachine('dm-1', { signal: caller.signal }))).toBe(reason);
  expect(server.requests).toHaveLength(1);
  expect(clock.waiting()).toBe(0);
});

it('does not begin for a caller who has already left', async () => {
  const { server, api } = await clientOnWire();
  const reason = new Error('left');
  expect(await failureOf(api.getMachine('dm-1', { signal: AbortSignal.abort(reason) }))).toBe(reason);
  expect(server.requests).toHaveLength(0);
});

it('follows no redirect: the key and the body stay here', async () => {
  const elsewhere = await scriptedHttp();
  const { server, api } = await clientOnWire();
  server.on('POST', '/v1/machines', (response) =>
    response.writeHead(307, { location: `${elsewhere.url}/v1/machines` }).end(),
  );
  const error = await failureOf(
    api.createMachine({ vcpu: 1, memoryMib: 1, storageGib: 1 }, { idempotencyKey: 'k' }),
  );
  expect(error).toMatchObject({ code: 'unavailable', details: { reason: 'redirect' } });
  expect(server.requests).toHaveLength(1);
  expect(elsewhere.requests).toHaveLength(0);
  await elsewhere.close();
});

it('does not hold an answer of more than 16 MiB', async () => {
  const { server, api } = await clientOnWire();
  const chunk = 'x'.repeat(1024 * 1024);
  server.on('GET', '/v1/machines/dm-1/executions/e1/output', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (let i = 0; i < 17; i += 1) response.write(chunk);
    response.end();
  });
  expect(await failureOf(api.getExecutionOutput('dm-1', 'e1'))).toMatchObject({
    code: 'unavailable',
    details: { reason: 'answer_too_large' },
  });
  expect(server.requests).toHaveLength(1);
});

it('does not insist on a server whose certificate is not trusted, and names the setting', async () => {
  let tries = 0;
  const { api } = await clientOnWire({
    fetch: async () => {
      tries += 1;
      const cause = Object.assign(new Error('self-signed certificate'), {
        code: 'SELF_SIGNED_CERT_IN_CHAIN',
      });
      throw new TypeError('fetch failed', { cause });
    },
  });
  expect(await failureOf(api.getMachine('dm-1'))).toMatchObject({
    code: 'unavailable',
    details: { reason: 'untrusted_certificate' },
    next: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
  expect(tries).toBe(1);
});
