import { describe, expect, it } from 'vitest';
import { type SourceFile, sources } from './source.ts';

const src = sources('src');
const everything = [...src, ...sources('test')];
const typescript = src.filter((file) => /\.tsx?$/.test(file.path));

/** `path:line` of every line that matches, so that a failure can be clicked. */
function places(files: readonly SourceFile[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      pattern.test(line) ? [`${file.path}:${index + 1} ${line.trim()}`] : [],
    ),
  );
}

const outside = (...folders: string[]) =>
  typescript.filter((file) => !folders.some((folder) => file.path.startsWith(folder)));

describe('house rules', () => {
  it('stdout is the protocol: console only in the command line', () => {
    expect(places(outside('src/cli/'), /\bconsole\./)).toEqual([]);
    // The machine's own program answers on it: another process, on another computer.
    expect(places(outside('src/cli/', 'src/sidecar/main.ts'), /process\.stdout/)).toEqual([]);
  });

  it('the environment is read in the command line alone', () => {
    // The machine's own program has one of its machine, and hands on what a child may see of it.
    const doors = ['src/cli/', 'src/sidecar/process/environment.ts', 'src/sidecar/jobs/run.ts'];
    expect(places(outside(...doors), /\bprocess\.env\b/)).toEqual([]);
  });

  it('time passes through the clock: timers only in core and in the end of the process', () => {
    // The page runs in a browser, which has its own.
    const doors = ['src/core/', 'src/cli/', 'src/view/pace.ts'];
    expect(places(outside(...doors), /\b(?:setTimeout|setInterval)\(/)).toEqual([]);
  });

  it('how long something takes is counted on a clock that nobody sets', () => {
    const clocks = /\bDate\.now\(|\bperformance\.now\(|\bhrtime\b|new Date\(\)/;
    expect(places(outside('src/core/clock.ts', 'src/view/pace.ts'), clocks)).toEqual([]);
    // The wall's time may only be compared with a time that was written down, which `ageMs` does, bound both ways.
    const arithmetic = /\bnow\(\) *[-+<>]|[-+<>]=? *[\w.#]*\bnow\(\)/;
    const written = [
      'src/core/clock.ts',
      'src/core/files.ts',
      'src/cli/doctor/cloud.ts',
      // Its clock is the browser's, which nobody sets either.
      'src/view/pace.ts',
      'src/workflows/destroy/confirmations.ts',
      'src/workflows/limits/daily-limit.ts',
    ];
    expect(places(outside(...written), arithmetic)).toEqual([]);
  });

  it('types are never given up', () => {
    expect(
      places(
        typescript,
        /: any[;,)\] =]|\bas any\b|<any>|as unknown as|@ts-ignore|@ts-expect-error|biome-ignore/,
      ),
    ).toEqual([]);
  });

  it('the page sets everything as text: nothing in it takes markup or code from a string', () => {
    const page = src.filter((file) => file.path.startsWith('src/view/'));
    expect(page.length).toBeGreaterThan(5);
    const markup =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|href=|src=/;
    expect(places(page, markup)).toEqual([]);
  });

  it('zod is imported as a namespace: by its name a bundle takes in every language of its messages', () => {
    expect(places(src, /^import .*\{.*\bz\b.*\} from 'zod/)).toEqual([]);
  });

  it('nothing is left for later', () => {
    expect(places(src, /\b(?:TODO|FIXME|XXX|HACK)\b|not implemented/)).toEqual([]);
    const focused = new RegExp(`\\b(?:it|test|describe)\\.(?:${['only', 'todo', 'fails'].join('|')})\\b`);
    expect(places(everything, focused)).toEqual([]);
  });

  it('no script looks for processes by a pattern that its own command line contains', () => {
    expect(places(src, /\bp(?:grep|kill)\s+-\S*f/)).toEqual([]);
  });

  it('no script hides an exit code or writes a heredoc', () => {
    const scripts = src.filter((file) => file.path.endsWith('.sh'));
    expect(scripts.length).toBeGreaterThan(5);
    expect(places(scripts, /<<-?\s*['"]?[A-Z]/)).toEqual([]);
  });

  it('every file says in its first line why it exists', () => {
    const silent = src.filter(
      (file) => !/^(?:\/\*\*(?: |$)|# )/.test(file.lines.find((line) => !line.startsWith('#!')) ?? ''),
    );
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  it('no file is longer than 300 lines', () => {
    const long = everything.filter((file) => file.lines.length > 301);
    expect(long.map((file) => `${file.lines.length} ${file.path}`)).toEqual([]);
  });

  it('half of the files have 80 lines or fewer', () => {
    const lengths = typescript.map((file) => file.lines.length - 1).sort((a, b) => a - b);
    expect(lengths[Math.floor(lengths.length / 2)]).toBeLessThanOrEqual(80);
  });

  it('no folder of a ring holds more than 15 files', () => {
    const rings = /^src\/(?:workflows|operations|openclaw|gateway|sidecar|cli|local|dedalus)(?:\/|$)/;
    const counts = new Map<string, number>();
    for (const { path } of typescript) {
      const folder = path.slice(0, path.lastIndexOf('/'));
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    const full = [...counts].filter(([folder, count]) => rings.test(folder) && count > 15);
    expect(full).toEqual([]);
  });

  it('files are named in kebab-case', () => {
    const odd = src.filter((file) => !/\/[a-z0-9]+(?:-[a-z0-9]+)*(?:\.d)?\.(?:tsx?|css|sh)$/.test(file.path));
    expect(odd.map((file) => file.path)).toEqual([]);
  });
});
