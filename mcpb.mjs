/** Packs the bundle that Claude Desktop installs by double click: manifest, server, licence. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const output = resolve(process.argv[2] ?? `openclaw-dedalus-mcp-${version}.mcpb`);
const folder = mkdtempSync(join(tmpdir(), 'mcpb-'));
try {
  cpSync('mcpb/manifest.json', join(folder, 'manifest.json'));
  cpSync('dist', join(folder, 'server'), { recursive: true });
  // .mjs: there is no package.json beside it that would call it a module.
  renameSync(join(folder, 'server', 'openclaw-dedalus-mcp.js'), join(folder, 'server', 'index.mjs'));
  cpSync('LICENSE', join(folder, 'LICENSE'));
  cpSync('README.md', join(folder, 'README.md'));
  const mcpb = resolve('node_modules/@anthropic-ai/mcpb/dist/cli/cli.js');
  execFileSync(process.execPath, [mcpb, 'validate', join(folder, 'manifest.json')], { stdio: 'inherit' });
  execFileSync(process.execPath, [mcpb, 'pack', folder, output], { stdio: 'inherit' });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
