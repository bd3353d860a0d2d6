/** Which ports of a machine are open to the network; called previews or ports, or nothing, by the API's generation. */
import * as z from 'zod';
import { isAppError } from '../../core/errors.ts';
import { type Call, machinePath } from './call.ts';

/** A port that somebody outside may reach. */
export interface Opening {
  port: number;
  /** `public`, `org`, `private`; undefined where the API has no such thing: then it is public. */
  visibility: string | undefined;
  /** Its address is of the computer that asks: a local API's forward, which the network does not see. */
  loopback: boolean;
}

export interface OpeningCalls {
  /** Undefined where the API offers neither. */
  listOpenings(
    machineId: string,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Opening[] | undefined>;
}

const CLOSED = new Set(['closed', 'expired', 'failed']);

const page = z
  .object({
    items: z
      .array(
        z.object({
          port: z.number(),
          status: z.string().catch('unknown'),
          visibility: z.string().optional().catch(undefined),
          url: z.string().optional().catch(undefined),
        }),
      )
      .nullish(),
  })
  .transform(({ items }) =>
    (items ?? []).flatMap(({ port, status, visibility, url }) =>
      CLOSED.has(status) ? [] : [{ port, visibility, loopback: isLoopback(url) }],
    ),
  );

function isLoopback(url: string | undefined): boolean {
  return url !== undefined && URL.canParse(url) && new URL(url).hostname === '127.0.0.1';
}

export function openingCalls(call: Call): OpeningCalls {
  return {
    async listOpenings(machineId, options) {
      for (const name of ['ports', 'previews']) {
        try {
          const path = `${machinePath(machineId)}/${name}`;
          return await call({ method: 'get', path }, page, 'capability', options);
        } catch (error) {
          if (!isAppError(error, 'unsupported')) throw error;
        }
      }
      return undefined;
    },
  };
}
