/** The part of the protocol that is about detached jobs. */
import * as z from 'zod/mini';
import { PACK_FOLDER } from '../files/protocol.ts';
import { addressesSchema, count } from '../gateway/protocol.ts';
import { installSchema } from '../install/protocol.ts';
import { object, PACK, secrets, unpackSchema, yesNo } from '../state/protocol.ts';

const id = z.string().check(z.regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/));

/** Of a change that undid itself: why, and why the gateway of before does not work either. */
const rollback = {
  rolled_back: z.enum(['yes', 'no']),
  cause: z.optional(z.string()),
  before_fails: z.optional(z.string()),
  /** Foreign. */
  detail: z.optional(z.string()),
  plugins_updated: z.optional(z.string()),
  plugins_left: z.optional(z.string()),
};
/** npm packages of channels that follow the version, and where they are had. */
const following = { plugins: z.array(z.string()), registry: z.string() };

/** By kind: what a job takes and what it answers. Answers are flat strings, as jobs of earlier versions give them too. */
export const JOBS = {
  /** See deploy/job.ts. */
  deploy: {
    request: z.object({
      install: installSchema,
      settings: object,
      provider_keys: secrets,
      /** Whether a model that is set already stays. */
      keep_model: yesNo,
      /** What the machine says of itself to a server without records. */
      deployment: object,
    }),
    reply: z.object({
      state: z.literal('ready'),
      openclaw_version: z.string(),
      node_version: z.string(),
      /** Of the gateway. */
      started: yesNo,
      model: z.string(),
      kept_beside: z.string(),
    }),
  },
  backup: {
    request: PACK.request,
    /** What was packed, as JSON. */
    reply: z.object({ packed: z.string() }),
  },
  pack_folder: {
    request: PACK_FOLDER.request,
    /** What was packed, as JSON. */
    reply: z.object({ packed: z.string() }),
  },
  /** See configure/job.ts. */
  configure: {
    request: z.object({
      patch: object,
      /** By name in the secrets file; null removes. */
      secrets: z.record(z.string(), z.nullable(z.string())),
      /** What a provider or messenger is asked before anything is written. */
      checks: z.array(
        z.object({
          kind: z.string(),
          /** In words that may be shown. */
          subject: z.string(),
          /** `{{name}}` here and in headers stands for a secret. */
          url: z.string(),
          headers: z.array(z.string()),
          body: z.optional(z.unknown()),
        }),
      ),
      /** npm spec of a plugin to be installed first; empty where none is needed. */
      plugin: z.string(),
      registry: z.string(),
      /** Whether the release applies settings while it runs. */
      hot: z.boolean(),
      /** Whether a model must answer through the gateway before the change counts. */
      prove_model: z.boolean(),
      restart_for_secrets: z.boolean(),
    }),
    reply: z.object({
      applied: z.enum(['none', 'hot', 'restart']),
      /** Subjects of checks whose other side could not be asked, a space between. */
      unchecked: z.string(),
      kept_beside: z.string(),
    }),
  },
  /** See backup/restore-job.ts. */
  restore: {
    request: z.object({ backup: unpackSchema, ...following }),
    reply: z.object(rollback),
  },
  /** See upgrade/job.ts. */
  upgrade: {
    request: z.object({
      install: installSchema,
      /** The older version whose kept state comes back; empty where none does. */
      restore: z.string().check(z.regex(/^(?:[0-9A-Za-z][0-9A-Za-z.+-]{0,63})?$/)),
      /** Settings that the release demands. */
      defaults: object,
      ...following,
    }),
    reply: z.object({
      from: z.string(),
      to: z.string(),
      node_from: z.string(),
      node_to: z.string(),
      state_migrated: z.enum(['yes', 'no']),
      ...rollback,
    }),
  },
  /** See repair/install-job.ts. */
  reinstall: {
    request: z.object({ install: installSchema }),
    reply: z.object({ openclaw_version: z.string(), node_version: z.string() }),
  },
} as const;

export type JobKind = keyof typeof JOBS;
export type JobRequestOf<K extends JobKind> = z.infer<(typeof JOBS)[K]['request']>;
export type JobReplyOf<K extends JobKind> = z.infer<(typeof JOBS)[K]['reply']>;

export const JOBS_PROTOCOL = {
  /** Starts a job under an id, or joins the one that already has it. */
  job_start: {
    request: z.object({
      id,
      kind: z.string(),
      request: z.unknown(),
      addresses: addressesSchema,
    }),
    reply: z.object({ started: z.boolean() }),
  },
  /** Answers when there is a stage beyond `seen_stages` (beyond those of now where it is left out), at the end, or when the time is over. */
  job_read: {
    request: z.object({
      id,
      seen_stages: z.optional(count),
      wait_ms: count.check(z.maximum(60_000)),
    }),
    reply: z.object({
      state: z.enum(['unknown', 'running', 'done', 'failed', 'lost']),
      /** By the machine's clock, as the stages. */
      now: z.number(),
      stages: z.array(z.object({ name: z.string(), at: z.number() })),
      /** What it answered, or `error` and `detail`. Foreign where it was packed. */
      result: z.record(z.string(), z.string()),
      /** The end of its log, when failed or lost. Foreign. */
      log: z.string(),
    }),
  },
  /** Ends a job for good, with what it has started, and any start of it that is still on its way. */
  job_stop: { request: z.object({ id }), reply: z.object({ stopped: z.boolean() }) },
} as const;
