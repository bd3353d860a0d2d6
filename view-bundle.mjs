/** Makes the page that hosts show beside results: one text that holds all of it, and may load and reach nothing. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { build, transform } from 'esbuild';

const here = (path) => new URL(path, import.meta.url).pathname;
const sum = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

// Later ones win over earlier ones.
const STYLES = ['base', 'parts', 'views'];

/** The page, and what is in it. */
export async function viewBuild() {
  const { outputFiles, metafile } = await build({
    entryPoints: [here('src/view/main.tsx')],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'esm',
    target: 'es2023',
    minify: true,
    // Else every letter outside ASCII takes six; the page says what it is written in.
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: {},
    absWorkingDir: here('.'),
  });
  const style = STYLES.map((name) => readFileSync(here(`src/view/styles/${name}.css`), 'utf8')).join('');
  const { code } = await transform(style, { loader: 'css', minify: true, legalComments: 'none' });
  return { html: page(outputFiles[0].text.trim(), code.trim()), metafile };
}

/**
 * Only this script and these styles run, by their sums; nothing is fetched, sent, framed or submitted, and no string
 * becomes markup, whatever a host would allow.
 */
function page(script, style) {
  const policy = [
    "default-src 'none'",
    `script-src ${sum(script)}`,
    `style-src ${sum(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>OpenClaw on Dedalus</title>
<style>${style}</style>
</head>
<body>
<div id="view"></div>
<script type="module">${script}</script>
</body>
</html>
`;
}
