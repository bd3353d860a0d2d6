/**
 * Which folders that a client works in may get files. A client that was started in the home folder names that one, and in it
 * lies what starts by itself: so only folders of a project count, all others only where the person names them.
 */
import { isAbsolute, relative, sep } from 'node:path';
import { isWithin, realOf } from './real-path.ts';

/** What a desktop, a scheduler or a shell starts by itself from folders of these names. */
const STARTS =
  /^(?:launchagents|launchdaemons|startupitems|autostart|start menu|(?:windows)?powershell|cron\.[a-z]+)$/i;
/** At the top of a home: what belongs to programs. */
const OF_PROGRAMS = /^(?:\..*|Library|AppData|Application Data|bin)$/i;
/** Of a path without links. */
export const OF_THE_SYSTEM =
  /^(?:\/private)?\/(?:etc|usr|bin|sbin|lib\w*|boot|dev|proc|sys|Library|System|Applications|var\/(?:spool|lib|at))(?:\/|$)|^[A-Z]:\\(?:Windows|Program Files[^\\]*|ProgramData)(?:\\|$)/i;

/** Whether something starts by itself from there. @param inside a path in an allowed folder. */
export const startsByItself = (inside: string): boolean =>
  inside.split(sep).some((part) => STARTS.test(part));

export interface ClientFolders {
  /** Without links. */
  counting: string[];
  /** Whether there are others: those of the home, above it, of programs and of the system. */
  leftOut: boolean;
}

/** @param roots as the client named them. @param home of the person. */
export async function clientFolders(roots: readonly string[], home: string): Promise<ClientFolders> {
  const realHome = (await realOf(home)) ?? home;
  const real = await Promise.all(roots.filter(isAbsolute).map(realOf));
  const known = real.filter((root) => root !== undefined);
  const counting = known.filter((root) => isOfProject(root, realHome));
  return { counting, leftOut: counting.length < known.length };
}

function isOfProject(root: string, home: string): boolean {
  if (root === home || isWithin(root, home) || OF_THE_SYSTEM.test(root) || startsByItself(root)) return false;
  const [top = ''] = isWithin(home, root) ? relative(home, root).split(sep) : [];
  return !OF_PROGRAMS.test(top);
}
