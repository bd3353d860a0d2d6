/** chat: one turn with the assistant. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { turnWire } from '../gateway/turn-request.ts';
import { ALWAYS_LOADED } from '../mcp/define-tool.ts';
import { TURN } from '../workflows/chat/turn.ts';
import { machineId, modelName, sessionName, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

// Larger texts belong in a file on the machine; the gateway itself takes 20 MB.
const MAX_MESSAGE = 1_000_000;

export const chat = defineTool({
  name: 'chat',
  title: 'Chat with the assistant',
  description:
    'Sends one message to the OpenClaw assistant and returns its reply. The same session remembers earlier turns. Wakes a sleeping machine first. Status "running" comes with an operation_id: fetch the reply with get_operation, never send the message again.',
  effect: 'write',
  meta: ALWAYS_LOADED,
  idempotent: false,
  input: z.strictObject({
    message: z.string().min(1).max(MAX_MESSAGE).describe('Taken as it is, byte for byte.'),
    machine_id: machineId.optional(),
    session: sessionName
      .default('default')
      .describe('Name of the conversation, or a key from list_sessions.'),
    agent: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be an agent id')
      .optional()
      .describe('Default: main.'),
    model: modelName.optional().describe('provider/model for this turn only.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run({ message, machine_id, session, agent, model, wait_seconds }, context) {
    const { directory, operations } = context.services;
    // Before anything is woken: what this says no to is said before anything is billed.
    turnWire({ turnId: 'check', message, session, agent, model });
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const input = { machineId: id, session, ...(agent && { agent }), ...(model && { model }) };
    const record = await operations.start({
      kind: TURN,
      // Every message is a turn of its own, also the same words twice.
      key: randomUUID(),
      input,
      machineId: id,
      state: { message },
    });
    return awaited(record.id, wait_seconds, context);
  },
});
