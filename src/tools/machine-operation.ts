/** Tools that do one thing to one machine and need to know only which: wake, sleep, repair. */
import * as z from 'zod';
import type { Tool } from '../mcp/define-tool.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool, type Services } from './services.ts';

export interface MachineOperation {
  name: string;
  title: string;
  description: string;
  /** The operation that does it; a second call for the same machine joins it. */
  kind: string;
}

export function machineOperation({ kind, ...about }: MachineOperation): Tool<Services> {
  return defineTool({
    ...about,
    effect: 'write',
    idempotent: true,
    input: z.strictObject({ machine_id: machineId.optional(), wait_seconds: waitSeconds.optional() }),
    output: operationOutput,
    async run({ machine_id, wait_seconds }, context) {
      const { directory, operations } = context.services;
      const id = await directory.resolve(machine_id, { signal: context.signal });
      const record = await operations.start({
        kind,
        key: id,
        input: { machineId: id },
        machineId: id,
      });
      return awaited(record.id, wait_seconds, context);
    },
  });
}
