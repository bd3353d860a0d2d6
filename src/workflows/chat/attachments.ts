/** Images of this computer that go with a message: judged before anything is begun, carried before the message is sent. */
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { AppError, isAppError } from '../../core/errors.ts';
import { type CarriedImage, type GatewayService, IMAGE_TYPES, type ImageType } from '../../gateway/ports.ts';
import type { MachineService } from '../../machine/ports.ts';
import type { PieceCarrier } from '../../openclaw/sidecar/pieces.ts';
import type { OperationHandle } from '../../operations/ports.ts';
import type { AllowedFolders } from '../files/allowed-folders.ts';
import { readAt } from '../files/part-file.ts';
import { countOfPieces, sendPieces } from '../files/send-pieces.ts';
import { judged, openToSend } from '../files/transfer.ts';
import { wakeMachine } from '../power/wake.ts';
import { type InterruptedDeps, startGateway } from './interrupted-turn.ts';
import { isWhole } from './whole-image.ts';

/** Of one message. OpenClaw takes eight, and sends them to the model again with every turn that follows. */
const MOST_IMAGES = 4;
/** OpenClaw refuses larger ones. */
const MAX_BYTES = 10 * 1024 * 1024;
/** Together: as base64 they fit with the longest message into the 20 MB of one request. */
const MAX_TOGETHER = 13 * 1024 * 1024;

/** Enough to know each kind by. */
const START_BYTES = 12;

/** As the turn's record keeps it. */
export const attachment = z.object({
  local: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  type: z.enum(IMAGE_TYPES),
});
export type Attachment = z.output<typeof attachment>;

export interface AttachmentDeps extends InterruptedDeps {
  machines: MachineService;
  gateway: GatewayService;
  pieces: PieceCarrier;
  allowed: AllowedFolders;
  /** Values that no file which leaves this computer may hold. */
  secrets: () => Iterable<string>;
}
type Judging = Pick<AttachmentDeps, 'allowed' | 'secrets'>;

/** @throws AppError `invalid_input`, `not_found`, `unsupported`: then nothing was begun, and nothing left this computer. */
export async function judgedAttachments(deps: Judging, wanted: readonly string[]): Promise<Attachment[]> {
  if (wanted.length > MOST_IMAGES)
    throw notTaken(`More than ${MOST_IMAGES} attachments go with no message`, 'Send some with the next one.');
  let together = 0;
  const all: Attachment[] = [];
  for (const local of wanted) {
    const handle = await openToSend(deps, local);
    try {
      const { size } = await handle.stat();
      together += size;
      requireSize(size, together);
      all.push(await judgedImage(deps, local, handle));
    } finally {
      await handle.close();
    }
  }
  return all;
}

function requireSize(bytes: number, together: number): void {
  if (bytes > MAX_BYTES) throw notTaken('This image has more than 10 MiB', 'Send a smaller one.');
  if (together > MAX_TOGETHER)
    throw notTaken('These images have more than 13 MiB together', 'Send fewer or smaller ones at once.');
}

async function judgedImage(deps: Judging, local: string, handle: FileHandle): Promise<Attachment> {
  const type = typeOf(await readAt(handle, 0, START_BYTES));
  if (type === undefined) {
    throw notTaken(
      'By what is in it this is no PNG, JPEG, GIF or WebP image, and OpenClaw takes nothing else with a message',
      'Call files with action "send" to put it into the workspace, and name its path in the message.',
    );
  }
  const { size } = await handle.stat();
  if (!isWhole(await readAt(handle, 0, size), type)) {
    throw notTaken(
      'This image is cut or damaged: its end is missing, and a model would refuse it with every message that follows',
      'Make or fetch it again, or send a picture of it.',
    );
  }
  return { local, type, ...(await judged(handle, deps.secrets())) };
}

function notTaken(why: string, next: string): AppError {
  return new AppError('unsupported', `${why}; nothing was sent`, { next });
}

/** By its first bytes, never by its name. */
function typeOf(start: Buffer): ImageType | undefined {
  const text = start.toString('latin1');
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (text.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(text)) return 'image/gif';
  return text.startsWith('RIFF') && text.startsWith('WEBP', 8) ? 'image/webp' : undefined;
}

/** Of an operation: under which name the machine keeps the pieces of its image `index`. */
const jobOf = (operationId: string, index: number) => `${operationId}-a${index}`;

/** As the turn names them, whatever attempt it is. */
export function carriedImages(operationId: string, attachments: readonly Attachment[]): CarriedImage[] {
  return attachments.map(({ bytes, sha256, type }, index) => ({
    ...{ job: jobOf(operationId, index), pieces: countOfPieces(bytes) },
    ...{ sha256, type },
  }));
}

interface Turn {
  machineId: string;
  session: string;
  agent?: string | undefined;
  model?: string | undefined;
}

/**
 * Carries what is not there yet. Nothing is paid for that: the message comes after it.
 * @throws AppError `unsupported` where the model sees no images, `conflict` where a file is no longer the one that was judged.
 */
export async function carryAttachments(
  operation: OperationHandle,
  deps: AttachmentDeps,
  turn: Turn,
  attachments: readonly Attachment[],
): Promise<void> {
  const { id, signal } = operation;
  await wakeMachine(operation, deps.machines, turn.machineId);
  await startGateway(operation, deps, turn.machineId);
  await operation.stage('attach');
  const takes = await deps.gateway.takesImages(turn.machineId, { ...turn, signal });
  if (takes === 'no') throw blind();
  if (takes === 'unknown')
    await operation.note(
      'Whether the model sees images is not known; OpenClaw drops them where it does not.',
    );
  for (const [index, { local, sha256 }] of attachments.entries()) {
    const handle = await openToSend(deps, local);
    try {
      const now = await judged(handle, deps.secrets());
      if (now.sha256 !== sha256) throw changed();
      const sent = { machineId: turn.machineId, job: jobOf(id, index), bytes: now.bytes };
      await sendPieces(handle, deps.pieces, sent, (message) => operation.tell(message), { signal });
    } finally {
      await handle.close();
    }
  }
}

function blind(): AppError {
  return new AppError('unsupported', 'The model that would answer sees no images; nothing was sent', {
    next: 'Pass a model that does, or leave out attachments. A model of a server of your own counts as one that reads text alone: where it sees images, set OPENAI_IMAGES=yes in the environment of this server, restart it, and call deploy_openclaw with this machine_id.',
  });
}

function changed(): AppError {
  return new AppError('conflict', 'An attachment was changed after the message was given; nothing was sent', {
    next: 'Send the message again.',
  });
}

/** What a machine that sleeps or is gone keeps is removed by its next transfer of another day. */
export async function dropAttachments(
  { pieces }: Pick<AttachmentDeps, 'pieces'>,
  { machineId }: Pick<Turn, 'machineId'>,
  operationId: string,
  attachments: readonly Attachment[],
): Promise<void> {
  for (const index of attachments.keys()) {
    try {
      await pieces.end(machineId, jobOf(operationId, index));
    } catch (error) {
      if (!isAppError(error)) throw error;
      return;
    }
  }
}
