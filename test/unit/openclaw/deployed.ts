/** A temporary home with the stand-in OpenClaw on it, deployed by the machine's own program. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { providerKeys } from '../../../src/openclaw/catalog/providers.ts';
import type { TestedRelease } from '../../../src/openclaw/catalog/tested-release.ts';
import type { JobSnapshot, OpenClawService } from '../../../src/openclaw/openclaw-service.ts';
import { openclawService } from '../../../src/openclaw/openclaw-service.ts';
import { STAND_IN_RELEASE } from '../../support/stand-in-openclaw/packages.ts';
import { type HomeMachine, homeMachine } from './home-machine.ts';

export const KEY = 'sk-ant-secret-of-the-user';

export interface Fixture {
  machine: HomeMachine;
  openclaw: OpenClawService;
  /** Resolves, starts and follows a deploy to its end. */
  deploy(jobId: string, version?: string): Promise<JobSnapshot>;
  start(jobId: string, version?: string): Promise<void>;
}

export interface Sources {
  npmRegistry: string;
  nodeMirror: string | undefined;
  /** The stand-in, of which no sum is known, unless told. */
  release?: TestedRelease;
}

export async function fixture(sources: Sources, env: Record<string, string> = {}): Promise<Fixture> {
  const machine = await homeMachine({ OPENCLAW_GATEWAY_PORT: `${await freePort()}`, ...env });
  const told = { release: STAND_IN_RELEASE, ...sources };
  const openclaw = openclawService({ machines: { ...machine, sources: told }, ...told });
  const providers = providerKeys({ ANTHROPIC_API_KEY: KEY });
  const start = async (jobId: string, version?: string) => {
    const plan = await openclaw.resolve('m', version);
    await openclaw.startDeploy('m', jobId, plan, { name: 'mine', model: undefined, providers });
  };
  return {
    machine,
    openclaw,
    start,
    async deploy(jobId, version) {
      await start(jobId, version);
      for (let seenStages = 0; ; ) {
        const job = await openclaw.readJob('m', jobId, { waitSeconds: 10, seenStages });
        if (job.state !== 'running') return job;
        seenStages = job.stages.length;
      }
    },
  };
}

/** A port that nobody held a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
