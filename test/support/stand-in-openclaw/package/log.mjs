/** Writes what the gateway logs in the form of the real one: JSON lines to the file, coloured lines to stdout. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';

const LEVELS = { INFO: 3, WARN: 4, ERROR: 5 };

export function makeLog(file) {
  mkdirSync(path.dirname(file), { recursive: true });
  return (subsystem, message, level = 'INFO') => {
    const date = new Date().toISOString();
    const text = typeof message === 'string' ? message : message.event.replaceAll('_', ' ');
    const name = JSON.stringify({ subsystem });
    const meta = { runtime: 'node', runtimeVersion: process.versions.node, hostname: hostname(), date };
    const entry = {
      0: name,
      1: message,
      _meta: { ...meta, logLevelId: LEVELS[level], logLevelName: level, name, parentNames: ['openclaw'] },
      time: date.replace('Z', '+00:00'),
      hostname: hostname(),
      message: text,
    };
    appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    process.stdout.write(`\u001b[90m${entry.time}\u001b[39m \u001b[36m[${subsystem}]\u001b[39m ${text}\n`);
  };
}
