/** What registries and clients are told about this package: written from the package and the code. */

import * as aboutPackage from '../../package.json';
import { name, version } from '../../package.json';
import { findClient } from '../../src/cli/install/clients.ts';
import { SERVER_NAME, serverEntry } from '../../src/cli/install/entry.ts';
import { settings } from '../../src/config/config.ts';
import { CHANNELS } from '../../src/openclaw/catalog/channels.ts';
import { PROVIDERS } from '../../src/openclaw/catalog/providers.ts';
import { tools } from '../../src/tools/index.ts';

const { description, license, mcpName } = aboutPackage;
const TITLE = 'OpenClaw on Dedalus';
const AUTHOR = { name: 'openclaw-dedalus-mcp contributors' };
const ENTRY = serverEntry(
  { platform: 'linux', env: {}, home: '~' },
  { node: 'node', bin: name },
  { local: false },
);
const MODEL_KEYS = PROVIDERS.map(({ id, keyVariables: [variable = ''] }) => ({ id, variable }));

/** Every file by its path from the top of the repository. */
export const manifests: Readonly<Record<string, () => unknown>> = {
  'server.json': registryEntry,
  'mcpb/manifest.json': desktopBundle,
  'gemini-extension.json': geminiExtension,
  '.claude-plugin/plugin.json': claudePlugin,
  '.claude-plugin/marketplace.json': claudeMarketplace,
};

/** For the MCP registry. */
export function registryEntry() {
  const settingVariables = Object.entries(settings.shape).map(([variable, schema]) => ({
    name: variable,
    description: schema.description,
    isRequired: false,
    isSecret: variable.endsWith('_KEY'),
  }));
  const keys = MODEL_KEYS.map(({ id, variable }) => ({
    name: variable,
    description: `Key of the model provider ${id}; at least one provider is needed.`,
    isRequired: false,
    isSecret: true,
  }));
  const tokens = CHANNELS.flatMap((channel) =>
    channel.tokens.map(({ variable }) => ({
      name: variable,
      description: `Token for connecting the assistant to ${channel.label}.`,
      isRequired: false,
      isSecret: true,
    })),
  );
  return {
    $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
    name: mcpName,
    title: TITLE,
    description,
    version,
    packages: [
      {
        registryType: 'npm',
        identifier: name,
        version,
        runtimeHint: 'npx',
        transport: { type: 'stdio' },
        environmentVariables: [...settingVariables, ...keys, ...tokens],
      },
    ],
  };
}

/** For Claude Desktop, which brings Node and asks for the keys. */
function desktopBundle() {
  const asked = [
    {
      variable: 'DEDALUS_API_KEY',
      title: 'Dedalus API key',
      description: settings.shape.DEDALUS_API_KEY.description,
    },
    ...MODEL_KEYS.map(({ id, variable }) => ({
      variable,
      title: `Key of ${id}`,
      description: 'Needed for at least one model provider; reaches your machine.',
    })),
  ];
  return {
    manifest_version: '0.3',
    name,
    display_name: TITLE,
    version,
    description,
    author: AUTHOR,
    license,
    keywords: aboutPackage.keywords,
    server: {
      type: 'node',
      entry_point: 'server/index.mjs',
      mcp_config: {
        command: 'node',
        args: [`\${__dirname}/server/index.mjs`],
        env: Object.fromEntries(
          asked.map(({ variable }) => [variable, `\${user_config.${variable.toLowerCase()}}`]),
        ),
      },
    },
    tools: tools.map((tool) => ({ name: tool.name, description: tool.description })),
    user_config: Object.fromEntries(
      asked.map(({ variable, ...about }) => [
        variable.toLowerCase(),
        // Without a default an unset one would arrive as the reference itself.
        { type: 'string', ...about, sensitive: true, required: false, default: '' },
      ]),
    ),
    compatibility: { platforms: ['darwin', 'linux', 'win32'], runtimes: { node: '>=20' } },
  };
}

function geminiExtension() {
  return { name: SERVER_NAME, version, description, mcpServers: { [SERVER_NAME]: entryOf('gemini') } };
}

function claudePlugin() {
  return {
    name: SERVER_NAME,
    version,
    description,
    author: AUTHOR,
    license,
    mcpServers: { [SERVER_NAME]: entryOf('claude-code') },
  };
}

function claudeMarketplace() {
  return {
    name: SERVER_NAME,
    owner: AUTHOR,
    plugins: [{ name: SERVER_NAME, source: './', description }],
  };
}

function entryOf(id: string) {
  const client = findClient(id);
  if (!client) throw new Error(`There is no client ${id}`);
  return client.settings(ENTRY).value;
}
