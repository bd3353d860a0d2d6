import { defineConfig } from 'vitest/config';
import { limitPluginText, PLUGIN_MODULE, packedSidecar, SIDECAR_MODULE } from './sidecar-bundle.mjs';
import { LongestFirst } from './test/support/longest-first.ts';

/** Imports machine scripts as text, as the bundler does. */
const shellText = {
  name: 'shell-as-text',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    return id.endsWith('.sh') ? { code: `export default ${JSON.stringify(code)};`, map: null } : undefined;
  },
};

/** Imports what is bundled of its own as text, as the bundler does. */
const bundledText = (module: string, text: () => Promise<string>) => ({
  name: module,
  enforce: 'pre' as const,
  resolveId: (id: string) => (id === module ? module : undefined),
  async load(id: string) {
    return id === module ? `export default ${JSON.stringify(await text())};` : undefined;
  },
});

const fast = [
  'test/unit/**/*.test.ts',
  'test/server/**/*.test.ts',
  'test/contract/**/*.test.ts',
  'test/rules/**/*.test.ts',
];

// Whatever takes seconds, for want of a shortcut that would prove as much: left out of the inner loop.
const slow = 'test/**/*.slow.test.ts';

export default defineConfig({
  plugins: [
    shellText,
    bundledText(SIDECAR_MODULE, packedSidecar),
    bundledText(PLUGIN_MODULE, limitPluginText),
  ],
  test: {
    // What does not come is told from what comes late on a busy computer.
    expect: { poll: { timeout: 60_000 } },
    setupFiles: ['test/support/each-file.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      // Vitest leaves a core free for a watching developer; nobody watches here.
      // The time limit is for a computer that does much else: what hangs is told apart from what is slow.
      {
        extends: true,
        test: {
          name: 'fast',
          // Files of one worker share their modules, since loading them anew takes longer than most files do. None of them
          // replaces a module, and what one changes in a process it changes back.
          isolate: false,
          include: fast,
          exclude: [slow],
          maxWorkers: '100%',
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'bench',
          include: ['test/bench/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts', slow],
          globalSetup: ['test/support/shared-folder.ts'],
          testTimeout: 1_800_000,
          hookTimeout: 1_800_000,
          // The stand-ins' files wait for processes more than they compute.
          maxWorkers: 3,
          // After the fast ones, whose workers are as many as there are cores.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
