/** Bundles the program and everything it needs into a few files that install nothing. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';
import { bundledPackages, licenceTexts } from './licences.mjs';
import { sidecarAsText, sidecarBuild } from './sidecar-bundle.mjs';
import { viewBuild } from './view-bundle.mjs';

// Each part is whole in itself: a start reads only what it is about, and an update of the package under the feet of a
// running server pulls nothing away (but the way through a proxy before its first use).
const parts = { './serve.ts': 'serve', './commands.ts': 'commands', './proxy-agent.ts': 'proxy-agent' };

const laterParts = {
  name: 'later-parts',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'dynamic-import' && path in parts
        ? { path: `./${parts[path]}.mjs`, external: true }
        : undefined,
    );
  },
};

// The SDK's server brings a validator along that ours never lets it make: it would be a seventh of what a start reads.
const withoutValidator = {
  name: 'without-validator',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/ajv-provider\.js$/ }, ({ importer, path }) =>
      /sdk\/dist\/esm\/server\/index\.js$/.test(importer.replaceAll('\\', '/'))
        ? { path, namespace: 'without-validator' }
        : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'without-validator' }, () => ({
      contents: 'export const AjvJsonSchemaValidator = undefined;',
    }));
  },
};

const options = {
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minify: true,
  // They are handed on whole, in a file of their own.
  legalComments: 'none',
  metafile: true,
  loader: { '.sh': 'text' },
  plugins: [laterParts, withoutValidator, sidecarAsText],
  // Its CommonJS build asks for its parts by a name that a bundler cannot see.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
};
// Bundled CommonJS packages call require() for Node's own modules.
const require =
  'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);';

const metafiles = [];
async function bundle(part) {
  const { metafile } = await build({ ...options, ...part });
  metafiles.push(metafile);
}

rmSync('dist', { recursive: true, force: true });
await bundle({
  entryPoints: { 'openclaw-dedalus-mcp': 'src/cli/main.ts' },
  banner: { js: '#!/usr/bin/env node' },
});
await bundle({
  entryPoints: Object.fromEntries(Object.entries(parts).map(([file, part]) => [part, `src/cli/${file}`])),
  outExtension: { '.js': '.mjs' },
  banner: { js: require },
});
chmodSync('dist/openclaw-dedalus-mcp.js', 0o755);
metafiles.push((await sidecarBuild()).metafile);
const view = await viewBuild();
writeFileSync('dist/view.html', view.html);
metafiles.push(view.metafile);
writeFileSync('dist/THIRD-PARTY-LICENCES.txt', licenceTexts(bundledPackages(metafiles)));
