/** Bundles the machine's own program into one text, for the package's build and for tests alike. */
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

/** What the server's code imports to have the program, packed, as a string. */
export const SIDECAR_MODULE = 'virtual:sidecar';
/** What the machine's own program imports to have the plugin that it gives OpenClaw's gateway as a string. */
export const PLUGIN_MODULE = 'virtual:limit-plugin';

const here = (path) => new URL(path, import.meta.url).pathname;

/**
 * One number that grows with the version and, within a version, with what the two sides say to each other. Two builds of
 * one order are equals: which of them runs first stays.
 */
function order() {
  const { version } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
  const [major, minor, patch] = version.split('-')[0].split('.').map(Number);
  const [, protocol] = /PROTOCOL_NUMBER = (\d+)/.exec(readFileSync(here('src/sidecar/wire.ts'), 'utf8'));
  return ((major * 1000 + minor) * 1000 + patch) * 1000 + Number(protocol);
}

/** What begins a bare key, and what goes on in it, in words that Node has tables for. */
export const LETTERS = { start: '[\\p{L}\\p{Nl}]', part: '[\\p{L}\\p{Nl}\\p{Mn}\\p{Mc}\\p{Nd}\\p{Pc}]' };

/** Two packages carry such tables of their own, a tenth of the program, of an older Unicode. */
const letters = {
  name: 'letters-of-node',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:json5|jju)\/lib\/unicode\.js$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8')
        .replace(/(?<=(?:ID_Start|NonAsciiIdentifierStart) = ).*/, `/${LETTERS.start}/u;`)
        .replace(/(?<=(?:ID_Continue|NonAsciiIdentifierPart) = ).*/, `/${LETTERS.part}/u;`);
      if (contents.length > 4000) throw new Error(`${path} is not what it was: its tables are still there`);
      return { contents };
    });
  },
};

/** A bundler takes all of a module that is named through another one: this one line brought a tenth of zod with it. */
const throughCore = {
  name: 'helpers-by-their-own-name',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/mini\/schemas\.js$/ }, ({ path }) => {
      return { contents: readFileSync(path, 'utf8').replaceAll('core.util.', 'util.') };
    });
  },
};

/** One ES module for Node 22, in memory. */
const MODULE = {
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  minify: true,
};

/** The program as one ES module for Node 22, which is what a machine's Node is at least, and what is in it. */
export function sidecarBuild() {
  return build({
    ...MODULE,
    entryPoints: [here('src/sidecar/main.ts')],
    legalComments: 'none',
    metafile: true,
    plugins: [letters, throughCore, asText(PLUGIN_MODULE, limitPluginText)],
    // The first line says which program this is. Bundled CommonJS packages call require() for Node's own modules.
    banner: {
      js: `// openclaw-dedalus-mcp ${order()}
import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`,
    },
    // Its CommonJS build asks for its parts by a name that a bundler cannot see.
    alias: { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' },
  });
}

/** The plugin as one ES module. */
export async function limitPluginText() {
  const { outputFiles } = await build({ ...MODULE, entryPoints: [here('src/sidecar/spend/plugin.ts')] });
  return outputFiles[0].text;
}

/** As it travels: denser than gzip makes it, so that it is one piece, and known to every Node. */
export async function packedSidecar() {
  const [{ contents }] = (await sidecarBuild()).outputFiles;
  const params = {
    [constants.BROTLI_PARAM_LGWIN]: 24,
    // A tenth of a percent smaller than with the block that is chosen by itself.
    [constants.BROTLI_PARAM_LGBLOCK]: 17,
    [constants.BROTLI_PARAM_SIZE_HINT]: contents.length,
  };
  return brotliCompressSync(contents, { params }).toString('base64');
}

/** For esbuild: `module` is what `text` makes. */
function asText(module, text) {
  return {
    name: module,
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^${module}$`) }, () => ({ path: module, namespace: module }));
      onLoad({ filter: /.*/, namespace: module }, async () => ({ contents: await text(), loader: 'text' }));
    },
  };
}

/** For esbuild. */
export const sidecarAsText = asText(SIDECAR_MODULE, packedSidecar);
