/** The two commands that reach the machine's own program: one that hands a request to it, and one that starts it first. */
import base from '../../bootstrap/base.sh';
import job from '../../bootstrap/job.sh';
import node from '../../bootstrap/node.sh';
import start from '../../bootstrap/start.sh';
import warm from '../../bootstrap/warm.sh';
import { DEFAULT_NPM_REGISTRY } from '../../config/npm-registry.ts';
import type { MachineCommand } from '../../machine/ports.ts';
import { sumLines, TESTED_RELEASE, type TestedRelease } from '../catalog/tested-release.ts';
import { type ColdInputs, type CommandOptions, inPieces, packText, RUNNER } from './command-inputs.ts';
import { PACKED_SIDECAR, SIDECAR } from './sidecar-bundle.ts';

/** Where a machine gets a Node; npm's own registry where nobody says. */
export interface NodeSources {
  npmRegistry?: string | undefined;
  nodeMirror?: string | undefined;
  /** Whose sums are known. */
  release?: TestedRelease | undefined;
}

/** A Node of 30 MB through a slow network, and a program that starts. */
const START_MS = 180_000;

const withoutComments = (script: string) => script.replace(/^\s*#.*\n/gm, '');
const WARM = withoutComments(warm);
const NEEDED =
  'for t in base64 gzip tar; do command -v $t >/dev/null || { printf "error=missing_%s\\nend=1\\n" $t; exit 1; }; done; ';

/** @param body a packed request. */
export function warmCommand(body: string, options: CommandOptions): MachineCommand {
  return {
    command: ['/bin/bash', '-c', WARM],
    env: { ...options.addresses, ...inPieces('OPENCLAW_MCP_REQUEST', body) },
    ...timing(options),
  };
}

/** @param how.replace whether the program that runs there is replaced, whatever it is. */
export function coldCommand(
  body: string,
  { sources, replace, env }: { sources: NodeSources; replace: boolean; env?: ColdInputs | undefined },
  options: CommandOptions,
): MachineCommand {
  const key = options.idempotencyKey;
  return {
    ...bootstrap({
      ...options.addresses,
      ...inPieces('OPENCLAW_MCP_REQUEST', body),
      ...nodeInputs(sources),
      OPENCLAW_MCP_REPLACE: replace ? 'yes' : 'no',
      ...env,
    }),
    ...timing(options),
    idempotencyKey: key === undefined ? undefined : `${key}-start`,
    timeoutMs: options.timeoutMs + START_MS,
  };
}

/** What of an asker's options is about the command itself. */
function timing({
  timeoutMs,
  rerunnable,
  idempotencyKey,
  pace,
}: CommandOptions): Omit<CommandOptions, 'addresses'> {
  return { timeoutMs, rerunnable, idempotencyKey, pace };
}

function nodeInputs({
  npmRegistry = DEFAULT_NPM_REGISTRY,
  nodeMirror,
  release = TESTED_RELEASE,
}: NodeSources) {
  return {
    OPENCLAW_MCP_NODE_VERSION: release.node,
    OPENCLAW_MCP_SUMS: sumLines(release),
    OPENCLAW_MCP_REGISTRY: npmRegistry,
    ...(nodeMirror === undefined ? {} : { OPENCLAW_MCP_NODE_MIRROR: nodeMirror }),
  };
}

let inputs: Readonly<Record<string, string>> | undefined;

function bootstrap(env: Readonly<Record<string, string>>): Pick<MachineCommand, 'command' | 'env'> {
  inputs ??= {
    ...inPieces('OPENCLAW_MCP_BUNDLE', PACKED_SIDECAR),
    OPENCLAW_MCP_SIDECAR: SIDECAR.hash,
    OPENCLAW_MCP_SCRIPT: packText([base, node, job, start, 'bootstrap_main\n'].join('\n')),
  };
  return { command: ['/bin/bash', '-c', NEEDED + RUNNER], env: { ...inputs, ...env } };
}
