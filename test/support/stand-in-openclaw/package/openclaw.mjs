#!/usr/bin/env node
/** The stand-in's command line: the few commands that the machine scripts use. */
import { readFileSync } from 'node:fs';
import { automations } from './automations.mjs';
import { gatewaySettings, readConfig, StartError } from './config.mjs';
import { runGateway } from './gateway.mjs';
import { plugins } from './plugins.mjs';

const { version, standIn } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8'));
const [command, subcommand, ...flags] = process.argv.slice(2);

const METHODS = {
  'secrets reload': 'secrets.reload',
  'channels status': 'channels.status',
  'pairing list': 'pairing.list',
  'pairing approve': 'pairing.approve',
  'devices list': 'device.pair.list',
  'approvals pending': 'approvals.list',
};

try {
  await main();
} catch (error) {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.exitCode;
}

async function main() {
  if (command === '--version' || command === '-v') return console.log(`OpenClaw ${version} (5ta4d1n)`);
  checkNode();
  if (command === 'config' && subcommand === 'validate') return validate();
  if (command === 'cron') {
    const { exitCode, answer } = automations([subcommand, ...flags], process.env);
    console.log(JSON.stringify(answer, null, 2));
    process.exitCode = exitCode;
    return;
  }
  if (command === 'plugins') return plugins([subcommand, ...flags], process.env);
  if (command === 'gateway' && ['suspend', 'resume'].includes(subcommand) && version.startsWith('2026.9.'))
    return printAnswer('suspension', { action: subcommand, id: flags[0] });
  const method = METHODS[`${command} ${subcommand}`] ?? (subcommand === 'call' ? flags[0] : undefined);
  const params = JSON.parse(flags[flags.indexOf('--params') + 1 || flags.length] ?? '{}');
  if (method !== undefined) return printAnswer('call', { method, params });
  if (command !== 'gateway' || (subcommand !== undefined && subcommand !== 'run')) {
    throw new StartError(1, `error: unknown command '${[command, subcommand].filter(Boolean).join(' ')}'`);
  }
  if (standIn.broken) {
    throw new StartError(
      1,
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'undici' imported from openclaw/dist/entry.js",
    );
  }
  const port = /^\d+$/.exec(flags[flags.indexOf('--port') + 1] ?? '');
  const env =
    flags.includes('--port') && port ? { ...process.env, OPENCLAW_GATEWAY_PORT: port[0] } : process.env;
  await runGateway({ version, env, ...standIn });
}

/** 2026.9 refuses an older Node for everything but `--version`. */
function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (!version.startsWith('2026.9.') || major > 24 || (major === 24 && minor >= 16)) return;
  throw new StartError(1, `openclaw: Node.js v24.16+ is required (current: v${process.versions.node}).`);
}

function validate() {
  try {
    readConfig(process.env, version);
    console.log(JSON.stringify({ valid: true, issues: [] }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, valid: false, issues: [{ message: error.message }] }, null, 2));
    process.exitCode = 1;
  }
}

/** Asks the running gateway, and prints its answer as the real command does. */
async function printAnswer(path, question) {
  const { port, token } = gatewaySettings(process.env, version);
  const response = await fetch(`http://127.0.0.1:${port}/stand-in/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(question),
  });
  const { exitCode, answer } = await response.json();
  console.log(JSON.stringify(answer, null, 2));
  process.exitCode = exitCode;
}
