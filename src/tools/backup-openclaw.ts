/** backup_openclaw: an assistant's state to a file of this computer, and back onto a machine. */
import * as z from 'zod';
import { AppError } from '../core/errors.ts';
import type { CallContext } from '../mcp/define-tool.ts';
import { BACKUP } from '../workflows/backup/backup.ts';
import { existingBackupFile, newBackupFile } from '../workflows/backup/file.ts';
import { RESTORE, requireBackupOf } from '../workflows/backup/restore.ts';
import { requireSavable, requireSendable } from '../workflows/files/allowed-folders.ts';
import { machineId, waitSeconds } from './fields.ts';
import { joined } from './joined.ts';
import { awaited, operationOutput } from './operation-output.ts';
import { defineTool, type Services } from './services.ts';

export const backupOpenclaw = defineTool({
  name: 'backup_openclaw',
  title: 'Back up or restore',
  description:
    'Saves an assistant to a new file here, or restores one, also of a plain OpenClaw, onto a deployed machine.',
  effect: 'write',
  idempotent: false,
  input: z.strictObject({
    machine_id: machineId.optional(),
    action: z
      .enum(['backup', 'restore', 'export'])
      .default('backup')
      .describe('Save, put back, or save for plain OpenClaw.'),
    file: z.string().max(1000).optional().describe('Name or path, *.tar.gz.'),
    replace: z.boolean().default(false).describe('Even over conversations.'),
    confirmation: z.string().max(100).optional().describe('Of the first call.'),
    wait_seconds: waitSeconds.optional(),
  }),
  output: operationOutput,
  async run({ machine_id, action, file, wait_seconds, ...how }, context) {
    const { services, signal } = context;
    const id = await services.directory.resolve(machine_id, { signal });
    const record =
      action === 'restore'
        ? await startRestore(services, id, file, how)
        : await startBackup(context, id, { wanted: file, form: action === 'export' ? 'openclaw' : 'ours' });
    return awaited(record.id, wait_seconds, context);
  },
});

async function startBackup(
  { services, roots }: CallContext<Services>,
  id: string,
  { wanted, form }: { wanted: string | undefined; form: 'ours' | 'openclaw' },
) {
  const running = await runningOn(services, BACKUP, id);
  // One that an older server began has no form in its input: it is of ours.
  if (running)
    return joined(
      { ...running, input: { form: 'ours', ...running.input } },
      { form },
      'a save in the other form',
    );
  const name = (await services.directory.names()).get(id);
  const time = new Date(services.clock.now()).toISOString().slice(0, 19).replace(/\D/g, '');
  const allows = (file: string) => requireSavable(services.allowedFolders, roots, file);
  const file = await newBackupFile(
    services.backupsDir,
    wanted ?? `${name ?? id}-${form === 'ours' ? '' : 'openclaw-'}${time}.tar.gz`,
    allows,
  );
  const input = { machineId: id, file, form, ...(name !== undefined && { name }) };
  return services.operations.start({
    kind: BACKUP,
    key: id,
    input,
    machineId: id,
  });
}

async function startRestore(
  services: Services,
  id: string,
  wanted: string | undefined,
  { replace, confirmation }: { replace: boolean; confirmation?: string | undefined },
) {
  if (wanted === undefined) {
    throw new AppError('invalid_input', 'A restore needs the file that is to be restored', {
      next: 'Pass file as backup_openclaw returned it.',
    });
  }
  const allows = (path: string) => requireSendable(services.allowedFolders, path);
  const file = await existingBackupFile(services.backupsDir, wanted, allows);
  await requireBackupOf(file, services.pinned);
  const input = { machineId: id, file, replace, ...(confirmation !== undefined && { confirmation }) };
  const record = await services.operations.start({
    kind: RESTORE,
    key: id,
    input,
    machineId: id,
  });
  return joined(record, { file }, 'the restore of another file');
}

/** Looked for before the file is judged: the file of work that runs is there by now, and would be refused. */
async function runningOn({ operations }: Services, kind: string, id: string) {
  return (await operations.list('running')).find((record) => record.kind === kind && record.key === id);
}
