/** Every kind of long work: a further one is a file that declares it (see `operations/kind.ts`), and one line here. */
import type { Kind } from '../operations/kind.ts';
import { backup } from './backup/backup.ts';
import { restore } from './backup/restore.ts';
import { turn } from './chat/turn-kind.ts';
import { configure } from './configure/configure-kind.ts';
import { deploy } from './deploy/deploy.ts';
import { destroy } from './destroy/destroy.ts';
import { save, send } from './files/transfer-kinds.ts';
import { sleep } from './power/sleep.ts';
import { wake } from './power/wake.ts';
import { repair } from './repair/repair.ts';
import { upgrade } from './upgrade/upgrade.ts';

const LIST = [
  deploy,
  wake,
  sleep,
  configure,
  destroy,
  repair,
  upgrade,
  backup,
  restore,
  save,
  send,
  turn,
] as const;

type Meeting<Union> = (Union extends unknown ? (each: Union) => void : never) extends (
  each: infer All,
) => void
  ? All
  : never;
type DepsOf<One> = One extends Kind<infer Deps> ? Deps : never;

/** What all of them together need of the server. */
export type KindDeps = Meeting<DepsOf<(typeof LIST)[number]>>;

export const KINDS: readonly Kind<KindDeps>[] = LIST;
