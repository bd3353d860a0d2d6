/** The archive that `openclaw backup create` writes, as its manifest describes it: format 1 of 2026.7 to 2026.9. */
import * as z from 'zod';

/** In OpenClaw's archive at `<archiveRoot>/manifest.json`. */
export const OWN_MANIFEST = 'manifest.json';
/** OpenClaw reads no longer one. */
export const MAX_OWN_MANIFEST_BYTES = 1024 * 1024;
const MOST_ASSETS = 500;

/**
 * What in a state's databases belongs to the old computer alone: devices and what they were allowed, its own identity, and
 * what was about to be sent. Source: the schema of 2026.7.1 and 2026.9.6.
 */
export const LEFT_TABLES: readonly string[] = [
  'device_pairing_pending',
  'device_pairing_paired',
  'device_bootstrap_tokens',
  'device_identities',
  'device_auth_tokens',
  'device_pair_setup_completions',
  'device_pairing_join_codes',
  'gateway_origin_device_tokens',
  'node_pairing_pending',
  'node_pairing_paired',
  'node_host_config',
  'web_push_approval_deliveries',
  'web_push_subscriptions',
  'apns_registrations',
  'operator_approvals',
  'exec_approvals_config',
  'plugin_binding_approvals',
  'delivery_queue_entries',
  'gateway_restart_sentinel',
  'gateway_restart_intent',
  'gateway_restart_handoff',
];

const path = z.string().min(1).max(4096);

/** A stranger's words; only what is used is read. */
export const ownManifest = z.object({
  schemaVersion: z.literal(1),
  archiveRoot: path,
  createdAt: z.string().optional().catch(undefined),
  runtimeVersion: z.string().optional().catch(undefined),
  platform: z.string().optional().catch(undefined),
  options: z.object({ onlyConfig: z.boolean().optional() }).optional().catch(undefined),
  paths: z.object({ stateDir: path.optional(), configPath: path.optional() }).optional().catch(undefined),
  /** Each is a place of the old computer, and where it lies in the archive. */
  assets: z
    .array(z.object({ kind: z.string(), sourcePath: path, archivePath: path }))
    .min(1)
    .max(MOST_ASSETS),
});
export type OwnManifest = z.output<typeof ownManifest>;

export interface OwnArchive {
  root: string;
  /** Where the state lies in it. */
  payload: string;
  manifest: object;
}

/**
 * What OpenClaw must find in an archive of one state folder.
 * @param stateDir absolute, as on the machine that it was made on.
 */
export function ownArchive(facts: {
  createdAt: string;
  stateDir: string;
  workspace: string;
  openclawVersion: string;
  nodeVersion: string | undefined;
}): OwnArchive {
  const { createdAt, stateDir, workspace, openclawVersion, nodeVersion } = facts;
  const root = `${createdAt.replaceAll(':', '-')}-openclaw-backup`;
  const payload = `${root}/payload/posix${stateDir}`;
  const manifest = {
    schemaVersion: 1,
    createdAt,
    archiveRoot: root,
    runtimeVersion: openclawVersion,
    platform: 'linux',
    nodeVersion: nodeVersion === undefined ? 'unknown' : `v${nodeVersion}`,
    options: { includeWorkspace: true, onlyConfig: false },
    paths: {
      stateDir,
      configPath: `${stateDir}/openclaw.json`,
      oauthDir: `${stateDir}/credentials`,
      workspaceDirs: [workspace],
    },
    assets: [{ kind: 'state', sourcePath: stateDir, archivePath: payload }],
    skipped: [],
    externalSymbolicLinks: [],
  };
  return { root, payload, manifest };
}
