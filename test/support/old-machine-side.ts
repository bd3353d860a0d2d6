/** The machine side of version 70a3ae7, as its server sent it: scripts in bash, packed and never changed. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { providerKeys } from '../../src/openclaw/catalog/providers.ts';
import { openclawSettings } from '../../src/openclaw/catalog/settings.ts';
import { INSTALLERS } from '../../src/openclaw/catalog/versions.ts';
import type { InstallPlan } from '../../src/openclaw/ports.ts';

const RUNNER =
  'set -o pipefail; s=$(printf %s "$OPENCLAW_MCP_SCRIPT" | base64 -d | gzip -dc) || exit 70; unset OPENCLAW_MCP_SCRIPT; eval "$s"';
const file = new URL('../fixtures/machine-scripts-70a3ae7.json', import.meta.url);
const packed = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(file, 'utf8')));

/** Where a change waits for another one: minutes, for which no test waits. */
const WAIT = /flock -w "\$2"/g;

export function oldCommand(name: string, env: Record<string, string> = {}) {
  const script = gunzipSync(Buffer.from(packed[name] ?? '', 'base64')).toString('utf8');
  const hasty = gzipSync(script.replace(WAIT, 'flock -w 2')).toString('base64');
  return {
    command: ['/bin/bash', '-c', RUNNER],
    env: { ...env, OPENCLAW_MCP_SCRIPT: hasty },
    timeoutMs: 120_000,
    rerunnable: true,
  };
}

/** A deploy as that server began it. */
export function oldDeploy(
  jobId: string,
  plan: InstallPlan,
  from: { key: string; addresses: Record<string, string>; registry: string },
) {
  const providers = providerKeys({ ANTHROPIC_API_KEY: from.key, ...from.addresses });
  const { text, model } = openclawSettings({ ...plan, model: undefined, providers });
  const { openclawVersion, nodeVersion } = plan;
  return oldCommand('start-job', {
    ...from.addresses,
    OPENCLAW_MCP_CONFIG_SHA256: createHash('sha256').update(text).digest('hex'),
    OPENCLAW_MCP_CONFIG_0: gzipSync(text).toString('base64'),
    OPENCLAW_MCP_JOB_ID: jobId,
    OPENCLAW_MCP_JOB_SCRIPT: packed.deploy ?? '',
    OPENCLAW_MCP_PROVIDER_KEYS: JSON.stringify({ anthropic: from.key }),
    OPENCLAW_MCP_DEPLOYMENT: JSON.stringify({
      name: 'old',
      operationId: jobId,
      openclawVersion,
      nodeVersion,
      model,
    }),
    OPENCLAW_MCP_OPENCLAW_VERSION: openclawVersion,
    OPENCLAW_MCP_OVERRIDES: '{}',
    OPENCLAW_MCP_NODE_VERSION: nodeVersion,
    OPENCLAW_MCP_NODE_SOURCE: 'official',
    OPENCLAW_MCP_BUN_VERSION: INSTALLERS.bun,
    OPENCLAW_MCP_NPM_VERSION: INSTALLERS.npm,
    OPENCLAW_MCP_REGISTRY: from.registry,
    OPENCLAW_MCP_NODE_MIRROR: `${from.registry}/dist`,
    OPENCLAW_MCP_MODEL: model,
    OPENCLAW_MCP_KEEP_MODEL: 'yes',
  });
}
