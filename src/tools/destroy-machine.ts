/** destroy_machine: removes the machine and everything on it, for good. The first call shows what would be lost, the second does it. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import { ASKS_PERSON, type CallContext, type ToolOutcome } from '../mcp/define-tool.ts';
import { runningDestroy, startDestroy } from '../workflows/destroy/destroy.ts';
import { type DestroyPlan, destroyPlan, type Target, targetOf } from '../workflows/destroy/plan.ts';
import { machineId, waitSeconds } from './fields.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool, type Services } from './services.ts';

const output = operationOutput.partial().extend({
  status: z.enum(['confirmation_needed', ...operationOutput.shape.status.options]),
  next: z.string(),
  plan: z
    .object({
      machine_id: z.string(),
      name: z.string().optional(),
      phase: z.string(),
      created_at: z.string().optional(),
      age: z.string().optional(),
      sessions: z.string(),
      last_activity: z.string(),
    })
    .optional(),
  confirmation: z.string().optional(),
  expires_at: z.string().optional(),
});
type Outcome = ToolOutcome<z.input<typeof output>>;

const KEEP = 'backup_openclaw first keeps it in a file on this computer; offer that to the person.';
const UNASKED = 'OPENCLAW_MCP_CONFIRM is off: it was destroyed without asking anybody.';

/** @param confirm whether consent is needed; false only by OPENCLAW_MCP_CONFIRM=off. */
export function destroyMachineTool(confirm: boolean) {
  return defineTool({
    name: 'destroy_machine',
    title: 'Destroy a machine',
    description: confirm
      ? 'Deletes a machine with all its files, sessions and keys, for good. The first call deletes nothing: it returns what would be lost and a confirmation. Show the person, and only if they agree call again with the confirmation. sleep_machine keeps everything and stops the cost.'
      : 'WITHOUT CONFIRMATION (OPENCLAW_MCP_CONFIRM=off): deletes a machine with all its files, sessions and keys, for good, at the first call. sleep_machine keeps everything and stops the cost.',
    effect: 'destroy',
    meta: confirm ? ASKS_PERSON : undefined,
    idempotent: true,
    input: z.strictObject({
      machine_id: machineId.describe('Machine id, always needed here.'),
      confirmation: z
        .string()
        .max(100)
        .optional()
        .describe('From the first call; valid for ten minutes, for this machine as it was.'),
      wait_seconds: waitSeconds.optional(),
    }),
    output,
    async run({ machine_id, confirmation, wait_seconds }, context): Promise<Outcome> {
      const { services, signal } = context;
      const id = await services.directory.resolve(machine_id, { signal });
      const running = await runningDestroy(services.operations, id);
      if (running) return awaited(running.id, wait_seconds, context);
      if (confirm && confirmation === undefined)
        return planned(await destroyPlan(services, id, { signal }), services);
      const target = await targetOf(services, id, { signal });
      if (confirm) await requireConsent(confirmation ?? '', id, target, context);
      const record = await startDestroy(services.operations, id, target.identity);
      const outcome = await awaited(record.id, wait_seconds, context);
      return confirm ? outcome : unasked(outcome);
    },
  });
}

async function planned(plan: DestroyPlan, { confirmations }: Services): Promise<Outcome> {
  const shown = { subject: plan.machineId, state: plan.target.state };
  const { token, expiresAt } = await confirmations.give(shown);
  const next = `Show this to the person. Only if they agree: call destroy_machine with machine_id "${plan.machineId}" and confirmation "${token}" within ten minutes.`;
  return {
    summary: `Nothing was destroyed yet. This would be lost for good: ${lossOf(plan)} ${KEEP} Next: ${next}`,
    data: {
      status: 'confirmation_needed',
      next,
      plan: {
        machine_id: plan.machineId,
        ...(plan.name !== undefined && { name: plan.name }),
        phase: plan.phase,
        ...(plan.createdAt !== undefined && { created_at: plan.createdAt }),
        ...(plan.age !== undefined && { age: plan.age }),
        sessions: plan.sessions,
        last_activity: plan.lastActivity,
      },
      confirmation: token,
      expires_at: expiresAt,
    },
  };
}

/** @throws AppError when the confirmation does not count, or when the person at the client did not agree. */
async function requireConsent(
  confirmation: string,
  id: string,
  target: Target,
  { services, signal, ask }: CallContext<Services>,
): Promise<void> {
  await services.confirmations.require(confirmation, { subject: id, state: target.state });
  if (ask === undefined) return;
  const message = `An agent asks to destroy a machine for good: ${lossOf(await destroyPlan(services, id, { signal }))}`;
  const answer = await ask({ message, consent: 'Yes, destroy it' }, { signal });
  if (answer === 'agreed') return;
  throw answer === 'refused'
    ? new AppError('cancelled', 'Nothing was destroyed: the person refused', {
        next: 'Do not call again unless the person asks for it.',
      })
    : new AppError('cancelled', 'Nothing was destroyed: no person answered the question', {
        next: 'Let a person call it from a client that shows questions. For automation without a person, its owner can start the server with OPENCLAW_MCP_CONFIRM=off.',
      });
}

function lossOf(plan: DestroyPlan): string {
  const name = plan.name === undefined ? '' : ` "${plan.name}"`;
  const age = plan.age === undefined ? '' : `, ${plan.age} old`;
  return `machine ${plan.machineId}${name} (phase ${plan.phase}${age}) with all its files and keys; sessions: ${plan.sessions}; last activity: ${plan.lastActivity}.`;
}

function unasked(outcome: Outcome): Outcome {
  const notes = [UNASKED, ...(outcome.data.notes ?? [])];
  return { ...outcome, summary: `${UNASKED} ${outcome.summary}`, data: { ...outcome.data, notes } };
}
