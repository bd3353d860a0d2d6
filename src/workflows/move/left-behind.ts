/** What of an old state stays where it is: what belongs to that computer alone, or is made again at every start. */

/** Folders and files of a state, by what they begin with. */
const OF_THAT_COMPUTER = new Set([
  'devices',
  'nodes',
  'node.json',
  'identity',
  'exec-approvals.json',
  'browser',
]);
const MADE_AGAIN = new Set(['logs', 'tmp', 'cache', 'plugin-skills', 'completions', 'delivery-queue']);
/** Of ours, or beside the settings: a gateway falls back to such copies, in which channels are still on. */
const NOT_TAKEN = /^(?:openclaw\.json\..+|openclaw-backup\.json(?:\/.*)?)$/;
/** Locks, what lies beside a database without being part of it, and copies made before a migration. */
const BESIDE = /\.lock$|\.sqlite-shm$|\.sqlite\..*(?:\.bak|\.sqlite)$/;
/** What a Mac adds to an archive. */
const OF_A_MAC = /(?:^|\/)(?:\._[^/]*|\.DS_Store)$/;

/** @param below name inside a part of the old state; @param part empty for the state itself. */
export function isLeftBehind(below: string, part: string): boolean {
  if (OF_A_MAC.test(below)) return true;
  if (part !== '' || below.startsWith('workspace')) return false;
  const [first = ''] = below.split('/', 1);
  return OF_THAT_COMPUTER.has(first) || MADE_AGAIN.has(first) || NOT_TAKEN.test(below) || BESIDE.test(below);
}

/** Variables that steer the gateway itself are this machine's. OpenClaw's reader takes `NAME: value` for `NAME=value`. */
export function withoutOurVariables(text: string): string {
  return text.replace(/^[ \t]*(?:export[ \t]+)?(?:OPENCLAW_|CLAWDBOT_)\w*(?:[ \t]*=|:[ \t]).*(?:\n|$)/gm, '');
}

export const variablesIn = (text: string): string[] =>
  [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w{0,80})(?:[ \t]*=|:[ \t])/gm)].map(
    ([, name = '']) => name,
  );
