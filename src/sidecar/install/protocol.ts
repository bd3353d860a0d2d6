/** What whoever installs must be told. */
import * as z from 'zod/mini';

const version = z.string().check(z.regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/));

export const installSchema = z.object({
  openclaw_version: version,
  node_version: version,
  node_source: z.enum(['official', 'registry']),
  bun_version: version,
  npm_version: version,
  /** npm overrides. */
  overrides: z.record(z.string(), z.string()),
  /** What an archive must be, by its name. */
  sums: z.record(z.string(), z.string()),
  registry: z.string(),
  /** Empty for Node's own distribution. */
  node_mirror: z.string(),
});
