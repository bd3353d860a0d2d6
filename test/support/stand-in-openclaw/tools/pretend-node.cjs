/** Loaded into this computer's Node so that it names the version that the stand-in distribution promised. */
const { readFileSync } = require('node:fs');
const path = require('node:path');

const version = readFileSync(path.join(__dirname, 'pretended-version'), 'utf8').trim();
Object.defineProperty(process, 'version', { value: `v${version}` });
Object.defineProperty(process, 'versions', { value: Object.freeze({ ...process.versions, node: version }) });
