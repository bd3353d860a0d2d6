/** Ways into a machine that the API may grant: a port under an address of its own, and a session over SSH. */
import * as z from 'zod';
import type { WaitOptions } from '../../core/abort.ts';
import { isAppError } from '../../core/errors.ts';
import { pause } from '../wire.ts';
import { type Call, machinePath } from './call.ts';

/** One key for every retry of one opening. */
type OpenOptions = WaitOptions & { idempotencyKey: string };

const text = z.string().min(1).optional().catch(undefined);
const granted = {
  /** `ready`, or on its way (`wake_in_progress`), or over (closed, expired, failed); unknown ones are never terminal. */
  status: z.string().catch('unknown'),
  retry_after_ms: pause,
  error_message: text,
};

/** @param form which of the two this API knows: the newer one has no visibility. */
const portSchema = (form: 'ports' | 'previews') =>
  z.object({ ...granted, port_id: text, preview_id: text, url: text, visibility: text }).transform((raw) => ({
    id: raw.port_id ?? raw.preview_id ?? '',
    form,
    status: raw.status,
    url: raw.url,
    visibility: raw.visibility,
    retryAfterMs: raw.retry_after_ms,
    /** What the platform says about a failure. Foreign text. */
    errorMessage: raw.error_message,
  }));
export type OpenedPort = z.output<ReturnType<typeof portSchema>>;

const connection = z
  .object({
    endpoint: z.string(),
    port: z.number(),
    ssh_username: z.string(),
    user_certificate: text,
    host_trust: z.object({ host_pattern: z.string(), public_key: z.string() }).optional().catch(undefined),
  })
  .optional()
  .catch(undefined);

const sshSchema = z.object({ ...granted, session_id: z.string().min(1), connection }).transform((raw) => ({
  id: raw.session_id,
  status: raw.status,
  retryAfterMs: raw.retry_after_ms,
  /** What the platform says about a failure. Foreign text. */
  errorMessage: raw.error_message,
  connection: raw.connection && {
    endpoint: raw.connection.endpoint,
    port: raw.connection.port,
    username: raw.connection.ssh_username,
    /** An OpenSSH certificate for the user's key; undefined where the key itself is let in. */
    certificate: raw.connection.user_certificate,
    /** A certificate authority that vouches for the host. */
    hostTrust: raw.connection.host_trust && {
      pattern: raw.connection.host_trust.host_pattern,
      publicKey: raw.connection.host_trust.public_key,
    },
  },
}));
export type SshSession = z.output<typeof sshSchema>;

export interface AccessCalls {
  /** @throws AppError `unsupported` where the API has neither ports nor previews. */
  openPort(machineId: string, port: number, options: OpenOptions): Promise<OpenedPort>;
  getPort(machineId: string, port: OpenedPort, options?: WaitOptions): Promise<OpenedPort>;
  /** @param publicKey one line in OpenSSH's form. @throws AppError `unsupported` where the API has no SSH. */
  openSsh(machineId: string, publicKey: string, options: OpenOptions): Promise<SshSession>;
  getSsh(machineId: string, sessionId: string, options?: WaitOptions): Promise<SshSession>;
}

/** The calls behind `AccessCalls`. Source of the forms: the API's OpenAPI documents of all three generations. */
export function accessCalls(call: Call): AccessCalls {
  const open = (
    machineId: string,
    form: OpenedPort['form'],
    body: object,
    { idempotencyKey, signal }: OpenOptions,
  ) =>
    call(
      { method: 'post', path: `${machinePath(machineId)}/${form}`, body, idempotencyKey },
      portSchema(form),
      'capability',
      { signal },
    );
  return {
    async openPort(machineId, port, options) {
      try {
        return await open(machineId, 'ports', { port, protocol: 'http' }, options);
      } catch (error) {
        if (!isAppError(error, 'unsupported')) throw error;
        // The older name; only its owner may look, where the API can tell owners apart.
        const body = { port, protocol: 'http', visibility: 'private' };
        return open(machineId, 'previews', body, {
          ...options,
          idempotencyKey: `${options.idempotencyKey}-preview`,
        });
      }
    },
    getPort: (machineId, { form, id }, options) =>
      call(
        { method: 'get', path: `${machinePath(machineId)}/${form}/${encodeURIComponent(id)}` },
        portSchema(form),
        'capability',
        options,
      ),
    openSsh: (machineId, publicKey, { idempotencyKey, signal }) =>
      call(
        {
          method: 'post',
          path: `${machinePath(machineId)}/ssh`,
          body: { public_key: publicKey },
          idempotencyKey,
        },
        sshSchema,
        'capability',
        { signal },
      ),
    getSsh: (machineId, sessionId, options) =>
      call(
        { method: 'get', path: `${machinePath(machineId)}/ssh/${encodeURIComponent(sessionId)}` },
        sshSchema,
        'capability',
        options,
      ),
  };
}
