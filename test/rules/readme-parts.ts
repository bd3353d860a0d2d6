/** Writes the parts of the documents that the code already knows, so that they cannot go out of date. */
import { z } from 'zod';
import { CLIENTS, findClient } from '../../src/cli/install/clients.ts';
import { SERVER_NAME, serverEntry } from '../../src/cli/install/entry.ts';
import { entryText } from '../../src/cli/install/install.ts';
import { settings } from '../../src/config/config.ts';
import { DOTENV_RULES } from '../../src/config/dotenv-rules.ts';
import { jsonSchema } from '../../src/mcp/json-schema.ts';
import { CHANNELS } from '../../src/openclaw/catalog/channels.ts';
import { OWN_SERVER_VARIABLES } from '../../src/openclaw/catalog/own-server.ts';
import { PROVIDERS } from '../../src/openclaw/catalog/providers.ts';
import { prompts } from '../../src/prompts/index.ts';
import { resources } from '../../src/resources/index.ts';
import { tools } from '../../src/tools/index.ts';
import { goals, previousResults } from '../bench/report.ts';
import { commandReference, skillTable } from './command-parts.ts';

const EFFECTS = { read: 'reads', write: 'changes', destroy: 'destroys' } as const;
const LINUX = { platform: 'linux', env: {}, home: '~' } as const;
const SYSTEMS = [
  LINUX,
  { platform: 'darwin', env: {}, home: '~' },
  { platform: 'win32', env: { APPDATA: '%APPDATA%' }, home: '%USERPROFILE%' },
] as const;
const ENTRY = serverEntry(LINUX, { node: 'node', bin: SERVER_NAME }, { local: false });

const parts: Readonly<Record<string, () => string>> = {
  bench,
  links,
  clients,
  offers,
  tools: toolTable,
  'own-server': ownServer,
  settings: settingsTable,
  providers,
  channels,
  commands: commandReference,
  skill: skillTable,
};

/** `text` with every part between `<!-- generated: name -->` and its end written anew. @throws for an unknown name. */
export function withGeneratedParts(text: string): string {
  return text.replace(
    /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- \/generated: \2 -->)/g,
    (_match, start: string, name: string, end: string) => {
      const part = parts[name];
      if (!part) throw new Error(`No part of a document is called ${name}`);
      return `${start}${part()}\n${end}`;
    },
  );
}

/** The newest run of `npm run bench`. */
function bench(): string {
  const results = previousResults();
  if (!results) throw new Error('test/bench/results.json is missing: npm run bench writes it');
  return `Measured on ${results.at.slice(0, 10)}, Node ${results.node.slice(1)}, ${results.computer}:\n\n${goals(results)}`;
}

/** References only, never a key: links are stored, shared and logged. */
function links(): string {
  const cursor = Buffer.from(JSON.stringify(entryOf('cursor').value)).toString('base64');
  const { value, inputs } = entryOf('vscode');
  const code = encodeURIComponent(JSON.stringify({ name: SERVER_NAME, inputs, ...value }));
  return [
    `[install in Cursor](https://cursor.com/en/install-mcp?name=${SERVER_NAME}&config=${encodeURIComponent(cursor)})`,
    `[install in VS Code](https://insiders.vscode.dev/redirect?url=${encodeURIComponent(`vscode:mcp/install?${code}`)})`,
  ].join(' · ');
}

function entryOf(id: string) {
  const client = findClient(id);
  if (!client) throw new Error(`There is no client ${id}`);
  return client.settings(ENTRY);
}

function clients(): string {
  return CLIENTS.map((client) => {
    const settingsOfClient = client.settings(ENTRY);
    const files = [...new Set(SYSTEMS.map((place) => `\`${client.file(place)}\``))].join(' or ');
    return [
      `<details><summary>${client.title}</summary>`,
      '',
      `In ${files}. ${client.hint}`,
      '',
      `\`\`\`${settingsOfClient.format}`,
      entryText(settingsOfClient).trimEnd(),
      '```',
      '',
      '</details>',
    ].join('\n');
  }).join('\n');
}

function toolTable(): string {
  const rows = tools.map((tool) => {
    const { properties, required } = inputShape.parse(jsonSchema(tool.input, 'input'));
    const fields = Object.keys(properties).map((name) => (required.includes(name) ? `**${name}**` : name));
    const takes = fields.length === 0 ? '' : ` Takes ${fields.join(', ')}.`;
    return `| \`${tool.name}\` | ${EFFECTS[tool.effect]} | ${tool.description}${takes} |`;
  });
  return [
    '| tool | effect | when to use it, and what it takes (needed fields in bold) |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}

const inputShape = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

function offers(): string {
  const rows = [
    ...prompts.map(({ name, description }) => ['prompt', name, description]),
    ...resources.templates.map(({ uriTemplate, description }) => ['resource', uriTemplate, description]),
    ...resources.pages.map(({ uri, description }) => ['page', uri, description]),
  ];
  return [
    '| | | |',
    '|---|---|---|',
    ...rows.map(([kind, name, about]) => `| ${kind} | \`${name}\` | ${about} |`),
  ].join('\n');
}

function settingsTable(): string {
  const rows = Object.entries(settings.shape).map(
    ([name, schema]) => `| \`${name}\` | ${schema.description ?? ''} | ${fromDotenv(name)} |`,
  );
  return ['| variable | what for | from a `.env` in the start folder |', '|---|---|---|', ...rows].join('\n');
}

const DOTENV_WORDS = { taken: 'yes', keys: 'only where no key is kept elsewhere', ignored: 'no' } as const;

function fromDotenv(name: string): string {
  const [rule, why] = Object.entries(DOTENV_RULES).find(([known]) => known === name)?.[1] ?? ['ignored', ''];
  return `${DOTENV_WORDS[rule]}: it ${why}`;
}

function providers(): string {
  const rows = PROVIDERS.map(
    ({ id, keyVariables, baseUrlVariable, defaultModel }) =>
      `| ${id} | ${keyVariables.map((name) => `\`${name}\``).join(' or ')} | \`${baseUrlVariable}\` | \`${id}/${defaultModel}\` |`,
  );
  return [
    '| provider | key | another address | model, where none is named |',
    '|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function channels(): string {
  const rows = CHANNELS.map(({ label, tokens, address }) => {
    const names = tokens.map(({ variable }) => `\`${variable}\``).join(' and ');
    return `| ${label} | ${names} | ${address === undefined ? '' : `\`${address.variable}\``} |`;
  });
  return ['| messenger | tokens | another address |', '|---|---|---|', ...rows].join('\n');
}

function ownServer(): string {
  const rows = Object.entries(OWN_SERVER_VARIABLES).map(([name, about]) => `| \`${name}\` | ${about} |`);
  return ['| variable | what for |', '|---|---|', ...rows].join('\n');
}

/** Every variable that the server reads, with nothing set. */
export function envExample(): string {
  const lines = Object.entries(settings.shape).flatMap(([name, schema]) => [
    `# ${schema.description}${fromDotenv(name).startsWith('yes') ? ' (.env)' : ''}`,
    name === 'DEDALUS_API_KEY' ? `${name}=` : `# ${name}=`,
    '',
  ]);
  const first = PROVIDERS.slice(0, 1).flatMap(({ keyVariables }) => keyVariables);
  const keys = PROVIDERS.flatMap(({ keyVariables }) => keyVariables);
  return [
    '# What the server takes from its environment. Blank counts as unset. Copied to .env in the folder where the server',
    '# starts, the lines marked with (.env) count, and the keys where no key is kept elsewhere; see SECURITY.md.',
    '',
    ...lines,
    '# Model providers: at least one. Those that are set reach your machine.',
    ...keys.map((name) => (first.includes(name) ? `${name}=` : `# ${name}=`)),
    '',
    '# Another address of a provider, for example a gateway of your company.',
    ...PROVIDERS.map(({ baseUrlVariable }) => `# ${baseUrlVariable}=`),
    '',
    '# For a model server of your own at OPENAI_BASE_URL (Ollama, LM Studio, vLLM, LiteLLM, a gateway).',
    ...Object.entries(OWN_SERVER_VARIABLES).flatMap(([name, about]) => [`# ${about}`, `# ${name}=`]),
    '',
    '# Messengers that configure_openclaw can connect.',
    ...CHANNELS.flatMap(({ tokens, address }) => [
      ...tokens.map(({ variable }) => `# ${variable}=`),
      ...(address === undefined ? [] : [`# ${address.variable}=`]),
    ]),
    '',
  ].join('\n');
}
