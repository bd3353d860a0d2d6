/** Tells whoever looks into our folder on a machine what lies there. */
import { join } from 'node:path';
import { attempt } from '../core/errno.ts';
import { mcpDir, type Place } from './place.ts';
import { readText } from './read-text.ts';
import { writeWhole } from './state/object-file.ts';

const TEXT = `This folder belongs to openclaw-dedalus-mcp, which looks after the OpenClaw of this machine from outside.
OpenClaw's own state, with the conversations, is beside it in .openclaw.

app-VERSION, current     OpenClaw, and which of them is in use
node-VERSION, node       the Node that it runs on
bin/openclaw             OpenClaw's command line for a person on this machine
sidecar                  the program that watches the gateway and does what is asked from outside; its log is in log
jobs                     long work and chat turns with their journals and ends; turns are kept for a week
kept, replaced, change   the state as it was before an upgrade or a restore
gateway.pid, *.lock      which process is the gateway, and who is at work
auth                     the header with the gateway's token: a secret
`;

/** Written anew only where it is another, or gone; a full disk goes without. */
export function writeReadme(place: Place): void {
  const file = join(mcpDir(place), 'README');
  if (readText(file) === TEXT) return;
  attempt(() => writeWhole(file, TEXT), undefined);
}
