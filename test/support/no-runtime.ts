/** Machines that are only records: for tests of lists, quotas and phases, where hundreds must cost nothing. */
import { Readable } from 'node:stream';
import type { Runtime } from '../../src/local/runtimes/runtime.ts';

/** Every command ends at once, with exit code 0 and no output. */
export const noRuntime: Runtime = {
  name: 'process',
  boot: async () => ({
    run: () => ({
      stdout: Readable.from([]),
      stderr: Readable.from([]),
      ended: Promise.resolve({ exitCode: 0, signal: undefined }),
      kill: () => {},
    }),
    connect: () => Promise.reject(new Error('nothing listens there')),
    stop: async () => {},
    died: new Promise<void>(() => {}),
  }),
  cleanUp: async () => {},
};
