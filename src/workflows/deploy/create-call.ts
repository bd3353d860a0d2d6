/** A call that creates a machine as it is remembered, so that it can be sent again and never makes a second one. */
import * as z from 'zod';

export const specSchema = z.object({
  vcpu: z.number(),
  memoryMib: z.number(),
  storageGib: z.number(),
  autosleep: z.string().optional(),
});

export const createCall = z.object({
  /** Never used with another spec. */
  key: z.string(),
  spec: specSchema,
  /** ISO time of its first try. */
  at: z.string(),
});
export type CreateCall = z.output<typeof createCall>;
