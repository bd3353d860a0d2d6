/** The project's own source as text, for rules that hold for all of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface SourceFile {
  /** From the repository's top, with forward slashes. */
  path: string;
  text: string;
  lines: string[];
  /** Imported files of ours, from the repository's top; packages are left out. */
  imports: string[];
  /** Imported packages and Node modules. */
  packages: string[];
}

const IMPORT = /^(?:import|export)\b[^'"]*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\('([^']+)'\)/gm;

/** Every file of code under `folders`: TypeScript, shell, the styles of the page. */
export function sources(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(?:tsx?|css|sh|mjs|cjs)$/.test(entry.name))
      .map((entry) => read(join(entry.parentPath, entry.name))),
  );
}

function read(file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const named = [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  return {
    path: fromTop(file),
    text,
    lines: text.split('\n'),
    imports: named
      .filter((name) => name.startsWith('.'))
      .map((name) => fromTop(resolve(dirname(file), name))),
    packages: named.filter((name) => !name.startsWith('.')),
  };
}

function fromTop(file: string): string {
  return relative(ROOT, file).replaceAll('\\', '/');
}
