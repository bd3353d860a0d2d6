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

export const INSTALL_PROTOCOL = {
  /** What could be installed here: the wanted OpenClaw and its demands, and the Node releases that can be had, and where. */
  resolve: {
    request: z.object({
      /** A version or dist-tag. */
      wanted: version,
      registry: z.string(),
      /** Empty for Node's own distribution. */
      node_mirror: z.string(),
    }),
    /** Foreign but for where it is. */
    reply: z.object({
      home: z.string(),
      arch: z.string(),
      port: z.number(),
      openclaw_version: z.string(),
      /** The range of Node that it demands; empty where it says none. */
      engines: z.string(),
      node_source: z.enum(['official', 'registry']),
      /** Each a version and the name of its long-term support: `false` for none, `-` where the source does not tell. */
      node_versions: z.array(z.string()),
    }),
  },
} as const;
