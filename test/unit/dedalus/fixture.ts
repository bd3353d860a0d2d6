/** The real client against a scripted server, on a clock that does not make tests wait. */
import { onTestFinished } from 'vitest';
import { type DedalusClientOptions, dedalusClient } from '../../../src/dedalus/client.ts';
import { autoClock } from '../../support/manual-clock.ts';
import { scriptedHttp } from '../../support/scripted-http.ts';

export async function clientOnWire(options: Partial<DedalusClientOptions> = {}) {
  const server = await scriptedHttp();
  onTestFinished(() => server.close());
  const clock = autoClock();
  const api = dedalusClient({
    apiKey: 'dsk-test',
    baseUrl: server.url,
    clock,
    random: () => 0.5,
    ...options,
  });
  return { server, clock, api };
}

/** What `work` throws; a test that expects a failure fails when there is none. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('expected a failure');
}
