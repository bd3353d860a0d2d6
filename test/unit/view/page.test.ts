/** The page as it is built: small, whole in itself, and under a policy that lets nothing else run. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { viewBuild } from '../../../view-bundle.mjs';

const { html, metafile } = await viewBuild();
const bytes = Buffer.byteLength(html);

it('is at most 400 kB, of which at most 60 kB beside the bridge to the host', () => {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const bridge = inputs
    .filter(([file]) => file.includes('@modelcontextprotocol/ext-apps'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
  expect(bridge).toBeGreaterThan(200_000);
  expect(bytes).toBeLessThanOrEqual(400_000);
  expect(bytes - bridge).toBeLessThanOrEqual(60_000);
});

it('lets exactly its own script and styles run, and loads, sends and frames nothing', () => {
  const [, policy = ''] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const parts = [...html.matchAll(/<(script|style)[^>]*>([\s\S]*?)<\/\1>/g)];
  expect(parts.map(([, name]) => name)).toEqual(['style', 'script']);
  const sums = parts.map(([, , text = '']) => createHash('sha256').update(text).digest('base64'));
  expect(policy.split('; ')).toEqual([
    "default-src 'none'",
    `script-src 'sha256-${sums[1]}'`,
    `style-src 'sha256-${sums[0]}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
});
