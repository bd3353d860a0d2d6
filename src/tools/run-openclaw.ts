/** run_openclaw: OpenClaw's other commands (automations, skills, agents, plugins, memory, models), without a shell. */
import * as z from 'zod';
import { AppError, isAppError } from '../core/errors.ts';
import { MAX_BLOCK_CHARS, plainText } from '../core/text.ts';
import { judgeCommand } from '../openclaw/catalog/judge-command.ts';
import type { RanCommand } from '../openclaw/run-command.ts';
import { requireRunning } from '../workflows/power/machine-phase.ts';
import { fromOthers, machineId, writtenByOthers } from './fields.ts';
import { defineTool } from './services.ts';

const MAX_ARGS = 64;
const MAX_ARG_CHARS = 16_000;
/** Of what a command printed, as text; more of it is in the JSON, where there is any. */
const MAX_TEXT_CHARS = 32_000;
const MAX_JSON_CHARS = 200_000;

const args = z
  .array(
    z
      .string()
      .max(MAX_ARG_CHARS)
      .regex(/^[^\0]*$/, 'must not hold a zero character'),
  )
  .min(1)
  .max(MAX_ARGS)
  .describe('As ["cron", "list", "--json"]; --help behind a command tells more.');
const input = z.strictObject({ args, machine_id: machineId.optional() });
const DESCRIPTION =
  "Runs one of OpenClaw's own commands on the machine, without a shell: cron (automations), skills, agents, plugins, memory, models, sessions, hooks, tasks and others. Commands that another tool does better are refused with its name.";

export const runOpenclaw = defineTool({
  name: 'run_openclaw',
  title: "Run OpenClaw's commands",
  description: DESCRIPTION,
  effect: 'destroy',
  idempotent: false,
  input,
  reading: {
    description: `${DESCRIPTION} Only commands that read.`,
    input: z.strictObject({ ...input.shape, args: args.superRefine(requireReading) }),
  },
  output: z.object({
    from_others: fromOthers,
    machine_id: z.string(),
    exit_code: z.number().optional(),
    changes: z.boolean().describe('Whether it may have changed something.'),
    json: z.unknown().optional().describe('What it printed, where that is JSON.'),
    stdout: z.string().optional(),
    stderr: z.string().optional(),
    cut: z.boolean().describe('Whether something that it printed was left out.'),
  }),
  async run({ args: wanted, machine_id }, { services, signal, changing }) {
    const effect = judgeCommand(wanted, services.allowInstall);
    if (services.holdsSecret(wanted.join('\n')) || wanted.some((arg) => services.holdsSecret(arg))) {
      throw new AppError('invalid_input', 'Nothing was run: one of the arguments holds a secret', {
        next: 'Use configure_openclaw with provider_keys or channel: it takes secrets from variables of this server.',
      });
    }
    const id = await services.directory.resolve(machine_id, { signal });
    await requireRunning(services.machines, id, { signal });
    if (effect === 'changes') await changing?.(id);
    const ran = await services.commands.run(id, { args: wanted, effect }, { signal });
    const shown = shownOutput(ran);

    return {
      summary: `${told(ran)} on machine ${id}.${shown.cut ? ' A part of what it printed was left out.' : ''}`,
      data: {
        from_others: writtenByOthers('json', 'stdout', 'stderr'),
        machine_id: id,
        ...(ran.exit_code !== null && { exit_code: ran.exit_code }),
        changes: effect === 'changes',
        ...shown,
      },
      foreign: blocks(ran),
    };
  },
});

function requireReading(wanted: readonly string[], context: z.RefinementCtx): void {
  if (!readsOnly(wanted)) {
    context.addIssue({
      code: 'custom',
      message: 'is no command that only reads, and this server does nothing else',
    });
  }
}

function readsOnly(wanted: readonly string[]): boolean {
  try {
    return judgeCommand(wanted, false) === 'reads';
  } catch (error) {
    if (isAppError(error)) return false;
    throw error;
  }
}

function told({ exit_code: code, timed_out: timedOut }: RanCommand): string {
  if (timedOut) return 'The command did not end in time, and was ended';
  if (code === null) return 'The command could not be started, or was killed';
  return code === 0 ? 'The command ended well' : `The command failed (exit code ${code})`;
}

/** JSON as JSON, unless it is longer than a client can bear. */
function shownOutput({ json, stdout, stderr, left_out }: RanCommand) {
  const structured = json !== undefined && stdout.length <= MAX_JSON_CHARS;
  const out = structured ? { json } : { stdout: ends(stdout) };
  const cut =
    left_out > 0 || (!structured && stdout.length > MAX_TEXT_CHARS) || stderr.length > MAX_TEXT_CHARS;
  return { ...out, ...(stderr !== '' && { stderr: ends(stderr) }), cut };
}

function blocks({ stdout, stderr }: RanCommand) {
  const all = [
    { label: 'what it printed', text: stdout },
    { label: 'what it printed as errors', text: stderr },
  ];
  return all
    .filter(({ text }) => text.trim() !== '')
    .map(({ label, text }) => ({ label, text: ends(text, MAX_BLOCK_CHARS - 100) }));
}

/** The first and the last of a text: what went wrong stands at its end. */
function ends(text: string, max = MAX_TEXT_CHARS): string {
  const plain = plainText(text);
  if (plain.length <= max) return plain;
  const half = Math.floor(max / 2);
  const left = plain.length - 2 * half;
  return `${plain.slice(0, half).toWellFormed()}\n[${left} characters left out]\n${plain.slice(-half).toWellFormed()}`;
}
