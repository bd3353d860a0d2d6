/** Bundles the machine's own program into one text, for the package's build and for tests alike. */
import { build } from 'esbuild';

/** What the server's code imports to have the program as a string. */
export const SIDECAR_MODULE = 'virtual:sidecar';

/** The program as one ES module for Node 22, which is what a machine's Node is at least, and what is in it. */
export function sidecarBuild() {
  return build({
    entryPoints: [new URL('src/sidecar/main.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    minify: true,
    legalComments: 'none',
    metafile: true,
    // Bundled CommonJS packages call require() for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
    // Its CommonJS build asks for its parts by a name that a bundler cannot see.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  });
}

export async function sidecarText() {
  const { outputFiles } = await sidecarBuild();
  return outputFiles[0].text;
}

/** For esbuild. */
export const sidecarAsText = {
  name: 'sidecar-as-text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${SIDECAR_MODULE}$`) }, () => ({
      path: 'sidecar',
      namespace: 'sidecar',
    }));
    onLoad({ filter: /.*/, namespace: 'sidecar' }, async () => ({
      contents: await sidecarText(),
      loader: 'text',
    }));
  },
};
