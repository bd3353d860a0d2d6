/** Follows a job on a machine by its journal, so that its stages become the operation's stages. */
import { type Clock, systemClock } from '../../core/clock.ts';
import { paced } from '../../core/pace.ts';
import type { Pace } from '../../machine/ports.ts';
import type { JobSnapshot, OpenClawService } from '../../openclaw/openclaw-service.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { askUntilAnswered } from './ask-again.ts';

// Long enough that a stage costs few requests, short enough that its end is seen soon.
const JOB_WAIT_SECONDS = 20;

// A job with many short stages answers often; one that answers at once and says nothing new is asked ever less often.
const BETWEEN_LOOKS = { leastMs: 300, mostMs: 5_000 };

/** The stage that a person waits for to end: it takes seconds on any machine, and is asked after often from then on. */
const LAST_STAGE = 'start';
const LAST_STAGE_PACE: Pace = { firstMs: 3_000, nextMs: 600, maxMs: 1_500 };

/** Resolves when the job has ended or its process is gone. */
export async function followJob(
  operation: OperationHandle,
  openclaw: OpenClawService,
  machineId: string,
  clock: Clock = systemClock,
): Promise<JobSnapshot> {
  const { signal } = operation;
  const asking = paced(clock, BETWEEN_LOOKS);
  let pace: Pace | undefined;
  for (let seenStages = 0; ; ) {
    const options = { waitSeconds: JOB_WAIT_SECONDS, seenStages, signal, pace };
    const job = await askUntilAnswered(operation, clock, () =>
      asking(
        signal,
        () => openclaw.readJob(machineId, operation.id, options),
        ({ stages }) => stages.length > options.seenStages,
      ),
    );
    for (const [index, { name }] of job.stages.entries()) {
      if (operation.record.stages.some((known) => known.name === name)) continue;
      await operation.stage(name, secondsOf(job.stages.slice(index)) * 1000);
    }
    if (job.state !== 'running') return job;
    seenStages = job.stages.length;
    pace = job.stages.at(-1)?.name === LAST_STAGE ? LAST_STAGE_PACE : undefined;
  }
}

/** How long ago the first of these began; the last of a job that has ended counts as just begun. */
const secondsOf = (stages: JobSnapshot['stages']) =>
  stages.reduce((sum, { seconds = 0 }) => sum + seconds, 0);
