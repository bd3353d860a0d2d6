/** What an assistant that has moved in is said to have brought, asked of its machine. */
import * as z from 'zod';
import { onFailure } from '../../core/errors.ts';
import { plainText } from '../../core/text.ts';
import type { CommandService } from '../../openclaw/run-command.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import { asJson, type JsonObject } from '../../operations/record.ts';
import { type Found, movedWords, pluginsIn } from './sentences.ts';

const MAX_NAME_CHARS = 120;
const MOST = 50;

export const movedInResult = z.object({
  channels_off: z.array(z.string()),
  automations_off: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .optional()
    .describe('Switched off on arrival; absent where they could not be listed.'),
  plugins: z.array(z.string()).describe('To be installed again.'),
});

const listed = z.object({
  jobs: z.array(
    z.object({ id: z.string().regex(/^[\w:.-]{1,100}$/), name: z.string(), enabled: z.boolean() }),
  ),
});

export async function movedIn(
  operation: OperationHandle,
  { commands }: { commands: CommandService },
  machineId: string,
  found: Found,
): Promise<JsonObject> {
  for (const sentence of movedWords(found)) await operation.note(sentence);
  const automations = await automationsOff(commands, machineId, operation.signal);
  return asJson({
    channels_off: found.channels,
    ...(automations && { automations_off: automations }),
    plugins: pluginsIn(found.names).slice(0, MOST).map(short),
  });
}

/** Undefined where it cannot be told: nothing depends on it, and what arrived works. */
async function automationsOff(commands: CommandService, machineId: string, signal: AbortSignal) {
  const command = { args: ['cron', 'list', '--all', '--json'], effect: 'reads' } as const;
  const ran = await commands.run(machineId, command, { signal }).catch(onFailure(undefined, signal));
  return listed
    .safeParse(ran?.json)
    .data?.jobs.filter(({ enabled }) => !enabled)
    .slice(0, MOST)
    .map(({ id, name }) => ({ id, name: short(name) }));
}

const short = (text: string) => plainText(text).slice(0, MAX_NAME_CHARS);
