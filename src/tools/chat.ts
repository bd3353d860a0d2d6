/** chat: one turn with the assistant. */
import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { turnWire } from '../gateway/turn-request.ts';
import { ALWAYS_LOADED } from '../mcp/define-tool.ts';
import { judgedAttachments } from '../workflows/chat/attachments.ts';
import { TURN } from '../workflows/chat/turn.ts';
import { machineId, modelName, sessionName, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool } from './services.ts';

export const chat = defineTool({
  name: 'chat',
  title: 'Chat with the assistant',
  description:
    'Sends one message to the OpenClaw assistant and returns its reply. A session remembers earlier turns. Wakes the machine first. Status "running": fetch the reply with get_operation, never send it again.',
  effect: 'write',
  meta: ALWAYS_LOADED,
  idempotent: false,
  input: z.strictObject({
    message: z.string().describe('Sent as it is.'),
    machine_id: machineId.optional(),
    session: sessionName.default('default').describe('A name, or a key from list_sessions.'),
    agent: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be an agent id')
      .optional()
      .describe('Default: main.'),
    model: modelName.optional().describe('provider/model for this turn.'),
    attachments: z.array(z.string()).optional().describe('Images of this computer.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run({ message, machine_id, session, agent, model, attachments = [], wait_seconds }, context) {
    const { directory, operations, allowedFolders: allowed, secrets } = context.services;
    // A message that is empty or too long: said before anything is woken and billed.
    turnWire({ turnId: 'check', message, session, agent, model });
    const attached = await judgedAttachments({ allowed, secrets }, attachments);
    const id = await directory.resolve(machine_id, { signal: context.signal });
    const input = {
      ...{ machineId: id, session },
      ...(agent && { agent }),
      ...(model && { model }),
      ...(attached.length > 0 && { attachments: attached }),
    };
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
