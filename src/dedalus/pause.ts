/** A pause that the API asks for, wherever it says so. */
import * as z from 'zod';

/** Milliseconds. Zero asks for none: then our own pace counts, not as many requests as the network carries. */
export const pause = z.number().positive().optional().catch(undefined);
