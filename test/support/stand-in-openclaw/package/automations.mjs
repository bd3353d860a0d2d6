/** The stand-in's `cron`: automations in the file of older releases, which nothing runs. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const DAY_MS = 86_400_000;

export function automations([subcommand, ...args], env) {
  const file = join(env.OPENCLAW_STATE_DIR, 'cron', 'jobs.json');
  const jobs = read(file);
  const option = (name) => args[args.indexOf(name) + 1];
  if (subcommand === 'list') {
    const listed = args.includes('--all') ? jobs : jobs.filter(({ enabled }) => enabled);
    return { exitCode: 0, answer: { jobs: listed, total: listed.length, hasMore: false } };
  }
  if (subcommand === 'add') {
    const job = {
      id: randomUUID(),
      name: option('--name'),
      enabled: true,
      schedule: { kind: 'cron', expr: option('--cron'), tz: 'UTC' },
      payload: { kind: 'agentTurn', message: option('--message') },
      state: { nextRunAtMs: Date.now() + DAY_MS },
    };
    write(file, [...jobs, job]);
    return { exitCode: 0, answer: job };
  }
  if (subcommand === 'rm') {
    const left = jobs.filter(({ id }) => id !== args[0]);
    write(file, left);
    return { exitCode: 0, answer: { ok: true, removed: left.length < jobs.length } };
  }
  return { exitCode: 1, answer: { error: `unknown command 'cron ${subcommand}'` } };
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).jobs;
  } catch {
    return [];
  }
}

function write(file, jobs) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, JSON.stringify({ version: 1, jobs }));
}
