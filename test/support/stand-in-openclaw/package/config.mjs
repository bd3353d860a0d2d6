/** Reads openclaw.json the way the real gateway does: file SecretRefs, strict about secrets, strict about its own schema. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** A start that must fail, with the exit code that the real program uses. */
export class StartError extends Error {
  constructor(exitCode, message) {
    super(message);
    this.exitCode = exitCode;
  }
}

export function stateDir(env) {
  return env.OPENCLAW_STATE_DIR ?? path.join(env.HOME ?? '/root', '.openclaw');
}

/** @param version of the pretended OpenClaw; older ones refuse newer keys. */
export function readConfig(env, version) {
  const dir = stateDir(env);
  const file = path.join(dir, 'openclaw.json');
  let json = {};
  try {
    json = json5(readFileSync(env.OPENCLAW_CONFIG_PATH ?? file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw new StartError(1, `Config invalid: ${file}: ${error.message}`);
  }
  const issues = schemaIssues(json, version);
  if (issues.length > 0) throw new StartError(1, `Config invalid\n${issues.map((i) => `- ${i}`).join('\n')}`);
  return json;
}

function schemaIssues(json, version) {
  const issues = [];
  if (!version.startsWith('2026.9.') && json.meta?.migrations)
    issues.push('meta: Unrecognized key: "migrations"');
  if (version.startsWith('2026.3.')) {
    if (json.agents?.defaults?.utilityModel !== undefined) {
      issues.push('agents.defaults: Unrecognized key: "utilityModel"');
    }
    for (const [name, provider] of Object.entries(json.models?.providers ?? {})) {
      if (provider.baseUrl === undefined) issues.push(`models.providers.${name}.baseUrl: Required`);
      if (provider.models === undefined) issues.push(`models.providers.${name}.models: Required`);
    }
  }
  return issues;
}

/** JSON5 is an expression of JavaScript; the real one has a parser for it. */
function json5(text) {
  return new Function(`return (${text}\n)`)();
}

/** A config value that may be a SecretRef. Undefined when it points at nothing. */
export function secret(config, value, env) {
  if (value === undefined || typeof value === 'string') return value;
  if (value.source === 'env') return env[value.id];
  const provider = config.secrets?.providers?.[value.provider];
  if (value.source !== 'file' || provider?.source !== 'file') {
    throw new StartError(1, `Startup failed: required secrets are unavailable. (provider ${value.provider})`);
  }
  let document;
  try {
    if ((statSync(provider.path).mode & 0o077) !== 0) throw new Error('permissions are too open');
    document = JSON.parse(readFileSync(provider.path, 'utf8'));
  } catch (error) {
    throw new StartError(1, `Startup failed: required secrets are unavailable. (${error.message})`);
  }
  const keys = value.id.split('/').slice(1);
  return keys.reduce((at, key) => at?.[key.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

/** What the gateway needs to start. @throws StartError */
export function gatewaySettings(env, version) {
  const config = readConfig(env, version);
  const token = env.OPENCLAW_GATEWAY_TOKEN ?? secret(config, config.gateway?.auth?.token, env);
  if (config.gateway?.mode !== 'local') {
    throw new StartError(
      78,
      'Gateway start blocked: set gateway.mode=local (current: unset) or pass --allow-unconfigured.',
    );
  }
  if (!token) {
    throw new StartError(
      78,
      'Refusing to bind gateway without auth. Set gateway.auth.token or OPENCLAW_GATEWAY_TOKEN.',
    );
  }
  // Every reference is resolved at the start: a missing provider key stops the real gateway too.
  for (const provider of Object.values(config.models?.providers ?? {})) secret(config, provider.apiKey, env);
  return {
    config,
    token,
    dir: stateDir(env),
    port: Number(env.OPENCLAW_GATEWAY_PORT ?? config.gateway?.port ?? 18789),
    chatEnabled: config.gateway?.http?.endpoints?.chatCompletions?.enabled === true,
    primaryModel: config.agents?.defaults?.model?.primary ?? 'anthropic/claude-sonnet-4-6',
    freeModelChoice: config.meta?.migrations?.modelPolicyAllowlist === true,
    logFile: config.logging?.file ?? `/tmp/openclaw/openclaw-${new Date().toISOString().slice(0, 10)}.log`,
  };
}
