/** A tool whose calls stand in the log of this computer once they change something. */
import { AppError } from './core/errors.ts';
import { type RecordingDeps, recordedCall } from './history/recorded-call.ts';
import { operationsOf } from './history/recorded-operations.ts';
import type { Tool } from './mcp/define-tool.ts';
import type { Services } from './tools/services.ts';
import { KINDS } from './workflows/kinds.ts';

/** The tool itself where it only reads. */
export function recordedTool(tool: Tool<Services>, deps: RecordingDeps): Tool<Services> {
  if (tool.effect === 'read') return tool;
  return {
    ...tool,
    async call(args, context) {
      const recorded = recordedCall({ tool: tool.name, client: context.client, args }, deps);
      const operations = operationsOf(context.services.operations, recorded, ({ kind, input }) =>
        KINDS.some((one) => one.name === kind && one.onlyLooks(input)),
      );
      try {
        const outcome = await tool.call(args, {
          ...context,
          services: { ...context.services, operations },
          changing: (machineId) => recorded.begin(machineId),
        });
        await recorded.end();
        return outcome;
      } catch (error) {
        const cancelled = new AppError('cancelled', 'The client cancelled the call');
        await recorded.end(context.signal.aborted ? cancelled : error);
        throw error;
      }
    },
  };
}
