/** The calls of the port that are about commands on a machine. */
import type { DedalusApi, ExecutionRequest } from '../api.ts';
import { executionSchema, outputSchema } from '../schemas.ts';
import { type Call, machinePath, type Schema } from './call.ts';

export type ExecutionCalls = Pick<
  DedalusApi,
  'createExecution' | 'getExecution' | 'getExecutionOutput' | 'cancelExecution'
>;

const anything: Schema<unknown> = { safeParse: (data) => ({ success: true, data }) };

export function executionCalls(call: Call): ExecutionCalls {
  return {
    createExecution: (machineId, request, options) =>
      call(
        {
          method: 'post',
          path: executionsPath(machineId),
          body: wireExecution(request),
          idempotencyKey: options.idempotencyKey,
        },
        executionSchema,
        'machine',
        options,
      ),
    getExecution: (machineId, executionId, options) =>
      call(
        { method: 'get', path: executionPath(machineId, executionId) },
        executionSchema,
        'execution',
        options,
      ),
    getExecutionOutput: (machineId, executionId, options) =>
      call(
        { method: 'get', path: `${executionPath(machineId, executionId)}/output` },
        outputSchema,
        'execution',
        options,
      ),
    async cancelExecution(machineId, executionId, options) {
      const path = executionPath(machineId, executionId);
      const { idempotencyKey } = options;
      await call({ method: 'delete', path, idempotencyKey }, anything, 'execution', options);
    },
  };
}

function executionsPath(machineId: string): string {
  return `${machinePath(machineId)}/executions`;
}

function executionPath(machineId: string, executionId: string): string {
  return `${executionsPath(machineId)}/${encodeURIComponent(executionId)}`;
}

function wireExecution(request: ExecutionRequest) {
  return {
    command: request.command,
    cwd: request.cwd,
    env: request.env,
    stdin: request.stdin,
    timeout_ms: request.timeoutMs,
  };
}
