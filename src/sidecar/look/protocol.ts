/** The part of the protocol that only looks: nothing is started or changed by it. */
import * as z from 'zod/mini';
import { count, gatewayEvent } from '../gateway/protocol.ts';
import { exposureSchema, shownSettings } from '../state/protocol.ts';

const text = z.string();
const texts = z.array(text);
const nothing = z.object({});
/** Foreign: lines of a log, as they are. */
const lines = z.object({ lines: texts, truncated: z.boolean() });

const gatewayState = z.object({
  listening: z.boolean(),
  health: z.enum(['live', 'no', 'not_checked']),
  ready: z.enum(['yes', 'starting', 'draining', 'no', 'not_checked']),
  /** `yes` only where the gateway took its token; `no_token`: there is none to ask with. */
  authenticated: z.enum(['yes', 'refused', 'no_token', 'no', 'not_checked']),
});
export type GatewayState = z.infer<typeof gatewayState>;

/** Every layer at once. `not_checked` means that a lower layer already failed. */
const probe = z.extend(gatewayState, {
  home: text,
  arch: text,
  port: count,
  memory_total_mib: count,
  memory_available_mib: count,
  disk_free_mib: count,
  disk_used_mib: count,
  /** Since the machine booted. */
  uptime_seconds: z.optional(count),
  /** Empty where it is not there, or does not run. */
  node_version: text,
  openclaw_version: text,
  /** Whether a gateway was ever ready here. */
  has_worked: z.boolean(),
  /** Whether an assistant has left conversations, or the files that hold them. */
  has_state: z.boolean(),
  /** The settings are JSON5, with comments perhaps. */
  has_comments: z.optional(z.boolean()),
  config: z.enum(['valid', 'invalid', 'missing', 'not_checked']),
  /** Octal permissions of the files with secrets that are there: only 600 is right. */
  modes: z.record(text, text),
  process: z.enum(['running', 'gone']),
  /** `unsupported` on releases that do not have this probe. */
  startup: z.enum(['json', 'unsupported', 'not_checked']),
  jobs_running: texts,
  /** Keys of sessions. Foreign, as all that follows. */
  interrupted: texts,
  deployment: z.optional(z.unknown()),
  /** Who holds the port when it is not the gateway's process, as "pid name". */
  port_owner: z.optional(text),
  /** What the gateway last printed, when it is down. */
  gateway_log: z.optional(text),
});

const posture = z.object({
  exposure: exposureSchema,
  listens: z.enum(['loopback', 'others', 'nothing', 'unknown']),
  /** Octal permissions of its two folders: only 700 is right. */
  state_mode: text,
  mcp_mode: text,
  /** OpenClaw's own, as it said it. */
  audit: z.optional(z.unknown()),
});
export type PostureReply = z.infer<typeof posture>;

const shown = z.object({
  home: text,
  port: count,
  openclaw_version: text,
  settings: shownSettings,
  /** Of a running gateway alone, as OpenClaw's command line said it. Foreign. */
  live: z.optional(
    z.object({
      channels: z.optional(z.unknown()),
      /** By channel. */
      pairing: z.record(text, z.unknown()),
      devices: z.optional(z.unknown()),
      approvals: z.optional(z.unknown()),
    }),
  ),
});

const amount = z.catch(z.optional(z.number()), undefined);
const word = z.catch(z.optional(text), undefined);
/** Foreign. */
export const automation = z.object({
  name: text,
  kind: word,
  schedule: z.catch(z.object({ expr: word, tz: word, everyMs: amount, at: word }), {}),
  next: amount,
  last: word,
});
/** Those that are switched on; without `jobs` where they cannot be read. */
const automations = z.object({ jobs: z.optional(z.array(automation)) });

export const LOOK_PROTOCOL = {
  automations: { request: nothing, reply: automations },
  /** The last lines of the gateway's own log, and of what its process printed; both outlive it. */
  read_log: {
    request: z.object({
      lines: count,
      /** Names of levels that a record must have; any where it is empty. */
      levels: texts,
      /** Words that a line must hold, whatever their case. */
      contains: text,
    }),
    reply: z.object({
      log: lines,
      printed: lines,
      /** When its gateway went down by itself. */
      events: z.catch(z.array(gatewayEvent), []),
    }),
  },
  /** The versions whose state was kept when they were upgraded. Foreign. */
  kept_states: { request: nothing, reply: z.object({ kept: texts }) },
  /** Every layer of the machine. */
  probe: { request: nothing, reply: probe },
  /** `probe`, how exposed the gateway is, and how its channels are; a part that cannot be seen is left out. */
  status: {
    /** Whether OpenClaw's own audit runs too. */
    request: z.object({ audit: z.boolean() }),
    reply: z.object({
      probe,
      posture: z.optional(posture),
      shown: z.optional(shown),
      automations: z.catch(z.optional(automations), undefined),
    }),
  },
  /** The settings, and what only a running gateway knows. */
  show: {
    request: z.object({ live: z.enum(['nothing', 'channels', 'all']) }),
    reply: shown,
  },
  diagnose: {
    request: nothing,
    reply: z.extend(gatewayState, {
      memory_total_mib: count,
      memory_available_mib: count,
      disk_free_mib: count,
      low_memory_flags: z.boolean(),
      process: z.enum(['running', 'gone']),
      /** Gateways on the same state beside the one that may stay. */
      duplicates: count,
      stale_locks: count,
      full_disk: z.boolean(),
      out_of_memory: z.boolean(),
      node: z.enum(['ok', 'missing', 'broken']),
      node_wanted: text,
      tree: z.enum(['ok', 'missing', 'broken', 'not_checked']),
      openclaw_wanted: text,
      config: z.enum(['ok', 'invalid', 'missing', 'not_checked']),
      last_good: z.boolean(),
      missing_keys: texts,
      open_files: texts,
      auth_file: z.enum(['ok', 'missing', 'stale', 'no_token', 'unreadable', 'not_checked']),
      jobs_running: texts,
      /** Foreign, as all that follows. */
      interrupted: texts,
      port_owner: z.optional(text),
      tree_missing: z.optional(text),
      config_issues: z.optional(text),
    }),
  },
  /** A command of OpenClaw's own, whose arguments the server has judged. */
  run_openclaw: {
    request: z.object({ args: texts, timeout_ms: count }),
    reply: z.object({
      /** Null where it did not end by itself, or could not begin. */
      exit_code: z.nullable(z.number()),
      timed_out: z.boolean(),
      /** Foreign; its two ends where it is long, and how many bytes lie between. */
      stdout: text,
      stderr: text,
      left_out: count,
    }),
  },
  /** OpenClaw's own doctor. */
  doctor: {
    request: nothing,
    reply: z.object({
      doctor: z.enum(['answered', 'unsupported', 'no_memory']),
      findings: z.optional(z.unknown()),
    }),
  },
} as const;
