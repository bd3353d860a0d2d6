/** Bundles the server and everything it needs into one file that installs nothing. */
import { chmodSync } from 'node:fs';
import { build } from 'esbuild';

const outfile = 'dist/openclaw-dedalus-mcp.js';
await build({
  entryPoints: ['src/cli/main.ts'],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minify: true,
  legalComments: 'none',
  loader: { '.sh': 'text' },
  // Its CommonJS build asks for its parts by a name that a bundler cannot see.
  alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  // Bundled CommonJS packages call require() for Node's own modules.
  banner: {
    js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
});
chmodSync(outfile, 0o755);
