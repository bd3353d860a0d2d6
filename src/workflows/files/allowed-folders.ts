/**
 * Which files of this computer may be sent to an assistant, or written for one. A model must not be able to hand any file
 * to somebody else's assistant: files come only from folders that the person named, and what looks like a key from none.
 */
import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, parse, relative, sep } from 'node:path';
import { isErrno } from '../../core/errno.ts';
import { AppError } from '../../core/errors.ts';
import { privateDir } from '../../core/files.ts';
import { inStateFolder } from '../../core/state-folder.ts';
import { clientFolders, startsByItself } from './client-folders.ts';
import { isThere } from './part-file.ts';
import { isWithin, realOf } from './real-path.ts';

export interface AllowedFolders {
  /** In the state folder; made when it is needed. */
  own: string;
  /** That the person named in OPENCLAW_MCP_FILES. */
  named: readonly string[];
  stateDir: string;
  /** Of the person: it is no folder that a client works in. */
  home: string;
  /** Where a person types a command: directly in it a file may be made even where it is their home. */
  typedIn?: string | undefined;
}

// No control, line-end, direction or other invisible character; file systems end a name at 255 bytes.
const PRINTABLE = /^[^\p{C}\p{Zl}\p{Zp}]{1,1000}$/u;
const MAX_NAME = 150;
/** Whatever folder it lies in. */
const KEY_FOLDERS = /^(?:\.ssh|\.gnupg|\.aws|\.kube|\.docker|\.azure|\.password-store|\.env.*)$/i;
const KEY_FILES =
  /^(?:\.env.*|.*\.env(?:\..*)?|id_(?:rsa|dsa|ecdsa|ed25519)\b.*|id_[^.]+|.*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|asc|gpg|age|tfstate)(?:\..*)?|.*\bkubeconfig\b.*|.*[-_.](?:credentials|secrets?)(?:\..*)?|application_default_credentials\.json|[._]?(?:netrc|npmrc|pgpass|htpasswd|pypirc|git-credentials)|credentials?(?:\..*)?|secrets?(?:\.(?:json|ya?ml|toml|txt|ini))?|service[-_]account.*\.json|authorized_keys|wallet\.dat)$/i;

/** Which folders the client works in, where it says so. */
type Roots = (() => Promise<readonly string[]>) | undefined;

/** Whether a file may be made there; see fileToSave. @throws AppError `invalid_input`. */
export async function requireSavable(allowed: AllowedFolders, roots: Roots, file: string): Promise<void> {
  await insideOneOf(allowed, await saving(allowed, roots), file);
}

/** Whether a file there may leave this computer. @throws AppError `invalid_input`. */
export async function requireSendable(allowed: AllowedFolders, file: string): Promise<void> {
  await insideOneOf(allowed, sending(allowed), file);
}

/** From or to where, and what is said of any other place. */
interface Rule {
  says: string;
  folders: readonly string[];
  refuses: (inside: string) => boolean;
  /** A folder in which a file may lie, but in none below it. */
  directlyIn?: string | undefined;
}

const sending = ({ own, named }: AllowedFolders): Rule => ({
  says: 'Files are sent only from folders that the person allowed',
  folders: [own, ...named],
  refuses: isHidden,
});

async function saving(allowed: AllowedFolders, roots: Roots): Promise<Rule> {
  const { own, named, home } = allowed;
  const { counting, leftOut } = await clientFolders((await roots?.()) ?? [], home);
  const not = ' (the client works in the home, above it, or among programs, which does not count)';
  return {
    says: `Files are saved only to folders that the person allowed${leftOut ? not : ''}`,
    folders: [own, ...named, ...counting],
    refuses: (inside) => isHidden(inside) || startsByItself(dirname(inside)),
    directlyIn: await homeOfTyping(allowed),
  };
}

async function homeOfTyping({ typedIn, home }: AllowedFolders): Promise<string | undefined> {
  if (typedIn === undefined) return undefined;
  const real = await realOf(typedIn);
  return real === (await realOf(home)) ? real : undefined;
}

/**
 * The whole path, without links, of a file that is to be sent.
 * @param wanted a name inside the own folder, or a whole path.
 * @throws AppError `invalid_input`, `not_found`.
 */
export async function fileToSend(allowed: AllowedFolders, wanted: string): Promise<string> {
  const file = await insideOneOf(allowed, sending(allowed), wanted);
  try {
    const seen = await lstat(file);
    if (seen.isFile() && seen.nlink === 1) return file;
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new AppError('not_found', 'There is no such file on this computer; nothing was sent', {
      next: `Pass a whole path, or the name of a file in ${allowed.own}.`,
    });
  }
  throw notOrdinary();
}

/** Of a file with a second name nobody knows where the other lies, and what it is called there. */
export function notOrdinary(): AppError {
  return new AppError('invalid_input', 'This is not an ordinary file of this computer; nothing was sent', {
    next: 'Pass the file itself: no folder, no link, and no file that has a second name (a hard link): copy such a file first.',
  });
}

/**
 * The whole path, without links, of a file that is to be made.
 * @param roots folders that the client works in.
 * @throws AppError `invalid_input`, also where something of this name is there.
 */
export async function fileToSave(allowed: AllowedFolders, roots: Roots, wanted: string): Promise<string> {
  const file = await insideOneOf(allowed, await saving(allowed, roots), wanted);
  if (!(await isThere(file))) return file;
  throw new AppError(
    'invalid_input',
    'A file of this name is on this computer already; nothing was overwritten',
    {
      next: 'Pass another local path.',
    },
  );
}

async function insideOneOf(allowed: AllowedFolders, rule: Rule, wanted: string): Promise<string> {
  const real = await withoutLinks(allowed, wanted);
  requireNoKey(real);
  const direct = dirname(real) === rule.directlyIn && !isHidden(basename(real));
  if (direct && !(await isOurs(allowed, real))) return real;
  for (const folder of rule.folders) {
    const root = await realOf(folder);
    if (root === undefined || !isWithin(root, real)) continue;
    if (rule.refuses(relative(root, real))) throw hidden();
    if (!(await isOurs(allowed, real))) return real;
  }
  throw new AppError('invalid_input', `${rule.says}, and this is in none of them`, {
    next: `Pass a name, which means ${allowed.own}; or ask the person to add the folder to OPENCLAW_MCP_FILES where the server starts.`,
  });
}

async function withoutLinks({ own, stateDir }: AllowedFolders, wanted: string): Promise<string> {
  if (!PRINTABLE.test(wanted) || Buffer.byteLength(basename(wanted)) > MAX_NAME) {
    throw new AppError('invalid_input', 'This path holds characters that cannot be printed, or is too long', {
      next: `Pass a name of at most ${MAX_NAME} bytes.`,
    });
  }
  if (basename(wanted) === wanted && !['.', '..'].includes(wanted)) {
    await inStateFolder(stateDir, () => privateDir(own));
    return join(await realpath(own), wanted);
  }
  if (!isAbsolute(wanted) || normalize(wanted) !== wanted || basename(wanted) === '') {
    throw new AppError(
      'invalid_input',
      'This is neither a name nor a whole path of a file of this computer',
      {
        next: `Pass a name, which means ${own}, or a whole path without "..".`,
      },
    );
  }
  const parent = await realOf(dirname(wanted));
  if (parent !== undefined) return join(parent, basename(wanted));
  throw new AppError('not_found', 'There is no such folder on this computer; nothing was changed', {
    next: `Pass a path in a folder that is there, or a name, which means ${own}.`,
  });
}

/** @throws AppError `invalid_input` for what is a key by its name, wherever it lies. */
function requireNoKey(real: string): void {
  const parts = real.slice(parse(real).root.length).split(sep);
  if (!KEY_FILES.test(basename(real)) && !parts.some((part) => KEY_FOLDERS.test(part))) return;
  throw new AppError('invalid_input', 'By its name this is a key, or lies among keys; nothing was changed', {
    next: 'Leave it to the person. Give a file that only looks so another name.',
  });
}

/** What programs read by themselves begins with a dot: settings, hooks, keys. */
const isHidden = (inside: string) => inside.split(sep).some((part) => part.startsWith('.'));

function hidden(): AppError {
  return new AppError(
    'invalid_input',
    'Files and folders whose names begin with a dot, or from which programs start, are not touched',
    {
      next: 'Pass another path; such a folder itself only the person can allow, with OPENCLAW_MCP_FILES.',
    },
  );
}

/** The state folder holds this server's keys; what is in its folder for files is the person's. */
async function isOurs({ own, stateDir }: AllowedFolders, real: string): Promise<boolean> {
  const [state, files] = await Promise.all([realOf(stateDir), realOf(own)]);
  if (state === undefined || !isWithin(state, real)) return false;
  return files === undefined || !isWithin(files, real);
}
