/** The part of the protocol that is about the assistant's files: settings, secrets and backups. */
import * as z from 'zod/mini';
import { gatewayHistory } from '../gateway/protocol.ts';

export const yesNo = z.enum(['yes', 'no']);
/** Any JSON object. */
export const object = z.record(z.string(), z.unknown());
export const secrets = z.record(z.string(), z.string());
const hex64 = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** The state as an encrypted archive in the job's folder of transfers; see backup/pack.ts. */
export const PACK = {
  request: z.object({ key: hex64, manifest: object }),
  reply: z.object({ bytes: z.number(), sha256: hex64, iv: z.string(), left_out: z.number() }),
};

/** A backup that was carried here becomes `change/next`, or nothing of it stays; see backup/unpack.ts. */
export const unpackSchema = z.object({
  pieces: z.number(),
  sha256: hex64,
  old_home: z.string(),
  /** Settings of the gateway itself that no backup decides. */
  gateway: object,
  /** Where a provider's key may go: entries of this machine with such an address stay. */
  addresses: z.array(z.string()),
  /** Ids of the providers that this server knows. */
  providers: z.array(z.string()),
  defaults: object,
  /** Of a state that moves in from another computer: tables of its databases that lose their rows. */
  emptied: z.optional(z.array(z.string())),
});

/** The settings without a secret. */
export const shownSettings = z.object({
  config: object,
  /** Whether the file holds comments or another form that only JSON5 has. */
  comments: yesNo,
  secret_names: z.array(z.string()),
});

/** How exposed the gateway is by its settings; `unknown` where they cannot be read. */
export const exposureSchema = z.object({
  settings: z.enum(['read', 'unknown']),
  bind: z.optional(z.string()),
  auth_mode: z.optional(z.string()),
  token_in_settings: z.optional(yesNo),
  /** Null where the secrets cannot be read. */
  token_chars: z.nullable(z.number()),
  brought: z.array(z.object({ path: z.string(), kind: z.enum(['address', 'program']), value: z.string() })),
  /** How its process has fared; of a program that watches over it. */
  gateway: z.optional(gatewayHistory),
});

export const FILES_PROTOCOL = {
  /** Answers requests that wait for the owner: a person who wants to write to a channel, a device, a command to be run. */
  answer_requests: {
    request: z.object({
      answers: z.array(
        z.object({
          /** `telegram`, `discord`, …: a person's pairing code; `device`; `exec`: a command that waits for approval. */
          kind: z.string(),
          id: z.string(),
          verdict: z.enum(['approve', 'deny']),
        }),
      ),
    }),
    /** In the same order. */
    reply: z.object({
      answers: z.array(
        z.object({
          accepted: z.boolean(),
          /** OpenClaw's own words. Foreign. */
          said: z.string(),
        }),
      ),
    }),
  },
} as const;
