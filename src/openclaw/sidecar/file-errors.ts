/** Our sentences for what can go wrong with the assistant's files; part of the table in machine-errors.ts. */
import type { ErrorCode } from '../../core/errors.ts';

const LIST = 'Call files with action "list" to see what is there.';
const UNCHANGED = 'nothing was changed';

export const FILE_ERRORS: Readonly<Record<string, { kind: ErrorCode; message: string; next: string }>> = {
  images_gone: {
    kind: 'unavailable',
    message: 'The images of this message no longer lie on the machine, so it was not sent',
    next: 'Send the message again, with its attachments.',
  },
  file_name: {
    kind: 'invalid_input',
    message: `This is no path of the assistant's files: it holds "..", line ends or characters that cannot be seen, or is too long; ${UNCHANGED}`,
    next: 'Pass a plain path relative to the workspace, or a full one.',
  },
  file_outside: {
    kind: 'invalid_input',
    message: `This path leads outside the assistant's workspace and its folder of outgoing media; ${UNCHANGED}`,
    next: `${LIST} Have the assistant copy what is elsewhere into its workspace.`,
  },
  file_missing: { kind: 'not_found', message: 'There is no such file or folder on the machine', next: LIST },
  file_odd: {
    kind: 'invalid_input',
    message: `This is not an ordinary file: a folder, a link, a pipe or a socket; ${UNCHANGED}`,
    next: LIST,
  },
  file_no_folder: {
    kind: 'invalid_input',
    message: 'This is a file, not a folder',
    next: 'Read or save it.',
  },
  file_no_right: {
    kind: 'conflict',
    message: `The machine does not let its own user read or write this; ${UNCHANGED}`,
    next: 'Ask the assistant for it, or pass another path.',
  },
  file_exists: {
    kind: 'conflict',
    message: `A file of this name is on the machine already; ${UNCHANGED}`,
    next: 'Pass another path, or replace true if the person wants it overwritten.',
  },
  file_no_room: {
    kind: 'machine_failed',
    message: `The machine's disk has no room for this; ${UNCHANGED}`,
    next: 'Free space on the machine, or call configure_openclaw with a larger storage_gib; then repeat the call.',
  },
  file_changed: {
    kind: 'conflict',
    message: 'The file was changed while it was being saved, so it was not saved',
    next: 'Repeat the call once the assistant is done with it.',
  },
  file_holds_secret: {
    kind: 'conflict',
    message: "This holds a key or token of the machine's own, so it was not handed out",
    next: 'Have the assistant remove the secret from it, or leave it where it is; backup_openclaw saves everything.',
  },
  file_too_many: {
    kind: 'unsupported',
    message: 'This folder holds more than 100,000 files, so it was not packed',
    next: 'Save a folder inside it.',
  },
};
