/** The composition root: settings and a connection in, an MCP server out. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { version } from '../package.json';
import type { Config } from './config/config.ts';
import type { Fault } from './config/faults.ts';
import type { Clock } from './core/clock.ts';
import { type Log, lineLog } from './core/log.ts';
import { type Redact, type SecretKeeper, secretKeeper } from './core/redact.ts';
import type { Call } from './dedalus/calls/call.ts';
import { dedalusApi } from './dedalus/client.ts';
import { gatewayService } from './gateway/gateway-service.ts';
import { fileHistory, type History } from './history/history.ts';
import { recordedStore } from './history/recorded-operations.ts';
import { machineService } from './machine/machine-service.ts';
import { type Complete, serveCompletions } from './mcp/completions.ts';
import type { Tool } from './mcp/define-tool.ts';
import { instructionsFor } from './mcp/instructions.ts';
import { mcpServer } from './mcp/mcp-server.ts';
import { servePrompts } from './mcp/prompts.ts';
import { serveResources } from './mcp/resources.ts';
import { backupService } from './openclaw/backup.ts';
import { type ChannelKey, channelAddresses, channelId } from './openclaw/catalog/channels.ts';
import type { NewestRelease, RequireRelease } from './openclaw/catalog/newest-release.ts';
import { type ProviderKey, providerAddresses } from './openclaw/catalog/providers.ts';
import { TESTED_RELEASE, type TestedRelease } from './openclaw/catalog/tested-release.ts';
import { configureService } from './openclaw/configure/configure.ts';
import { filesService } from './openclaw/files.ts';
import { automationService } from './openclaw/look/automations.ts';
import { lookService } from './openclaw/look/look.ts';
import { postureService } from './openclaw/look/posture.ts';
import { spendService } from './openclaw/look/spend.ts';
import { openclawService } from './openclaw/openclaw-service.ts';
import { repairService } from './openclaw/repair/repair-service.ts';
import { commandService } from './openclaw/run-command.ts';
import { pieceCarrier } from './openclaw/sidecar/pieces.ts';
import { upgradeService } from './openclaw/upgrade.ts';
import { workOf } from './operations/kind.ts';
import { operations } from './operations/operations.ts';
import { fileStore, redactedStore } from './operations/store.ts';
import { prompts } from './prompts/index.ts';
import { recordedTool } from './recorded-tool.ts';
import { resources } from './resources/index.ts';
import { soundProviders, withheld, withSoundSettings } from './sound-settings.ts';
import { toolsFor } from './tools/index.ts';
import type { Services } from './tools/services.ts';
import { backupSeal } from './workflows/backup/seal.ts';
import { confirmations } from './workflows/destroy/confirmations.ts';
import { endDeploysOn } from './workflows/destroy/destroy.ts';
import { KINDS, type KindDeps } from './workflows/kinds.ts';
import { dailyLimits } from './workflows/limits/daily-limit.ts';
import { pinnedMachines, pinnedOperations, watchedOperations } from './workflows/limits/pinning.ts';
import { expired } from './workflows/limits/retention.ts';
import { noUsage, usageReader } from './workflows/look/costs.ts';
import { directory } from './workflows/look/directory.ts';

export interface ServerOptions {
  config: Config;
  /**
   * Made at the first call that needs it; what it throws is that call's error. `learn` takes secrets that only come
   * up then.
   */
  connect: (learn: (secret: string) => void) => Promise<Call>;
  providers: readonly ProviderKey[];
  /** Messengers whose tokens the environment holds. */
  channels?: readonly ChannelKey[] | undefined;
  /** Reaches a model server of the user's own, through a proxy where one is set. Default: Node's own. */
  fetch?: typeof fetch | undefined;
  /** What is wrong with the settings: every call that needs them says so, and does nothing. */
  faults?: readonly Fault[] | undefined;
  /** Every secret value that the process knows, for redaction. */
  secrets: readonly string[];
  clock: Clock;
  /** The OpenClaw that is installed unless another is asked for; the tested one. */
  release?: TestedRelease | undefined;
  /** Nobody is asked where it is undefined. */
  newest?: NewestRelease | undefined;
  /** Every name is taken where it is undefined. */
  requireRelease?: RequireRelease | undefined;
  /** Lists and calls only tools that change and bill nothing. */
  readOnly?: boolean | undefined;
  /** Lists and calls only these tools. */
  only?: readonly string[] | undefined;
  /** Takes one finished line of diagnostics. */
  writeLog: (line: string) => void;
}

export interface AssembledServer {
  server: Server;
  services: Services;
  /** Those that this server hands out, as its owner has limited them. */
  tools: readonly Tool<Services>[];
  /** Takes every known secret out of a text. */
  redact: Redact;
  log: Log;
  /** Stops local work at once; every operation goes on in the next process that asks for it. */
  close(): void;
}

export function assembleServer(options: ServerOptions): AssembledServer {
  const { config, readOnly = false, only, faults = [] } = options;
  const { confirm, machineId } = config;
  const keeper = secretKeeper(options.secrets);
  const { redact } = keeper;
  const log = lineLog(options.writeLog, redact);
  const history = fileHistory(config.stateDir, options.clock);
  const services = assembleServices(options, keeper, log, history);
  const tools = toolsFor({ readOnly, only, confirm, machineId });
  const recording = { history, clock: options.clock, redact, log };
  const handedOut = tools.map((tool) => withSoundSettings(recordedTool(tool, recording), faults));
  const server = mcpServer({
    name: 'openclaw-dedalus-mcp',
    title: 'OpenClaw on Dedalus Machines',
    version,
    instructions: instructionsFor({ readOnly, confirm, pinned: machineId !== undefined }),
    tools: handedOut,
    services,
    redact,
    log,
  });
  serveResources(server, resources, { tools: handedOut, services, redact, log, clock: options.clock });
  const fixed = machineId === undefined ? undefined : 'machine_id';
  servePrompts(server, prompts, { tools: tools.map(({ name }) => name), fixed, redact, log });
  const complete: Complete = async (argument, prefix, others, waiting) =>
    argument === 'channel'
      ? channelId.options.filter((channel) => channel.startsWith(prefix))
      : resources.complete(argument, prefix, others, services, waiting);
  serveCompletions(server, complete, redact, log);
  return { server, services, tools: handedOut, redact, log, close: () => services.operations.close() };
}

function assembleServices(
  options: ServerOptions,
  { redact, learn, known }: SecretKeeper,
  log: Log,
  history: History,
): Services {
  const { config, connect, clock, providers, channels = [], readOnly = false, faults = [] } = options;
  const { machineId } = config;
  const {
    release = TESTED_RELEASE,
    newest = async () => undefined,
    requireRelease = async () => {},
  } = options;
  const api = dedalusApi(() => connect(learn));
  const all = machineService({ api, clock });
  const sources = { npmRegistry: config.npmRegistry, nodeMirror: config.nodeMirror, release };
  const machines = { ...(machineId === undefined ? all : pinnedMachines(all, machineId)), sources };
  const onMachines = {
    machines,
    ...sources,
    providers,
    // What is redirected, messengers too: a gateway that starts must be told, and a machine here what it may reach.
    providerAddresses: { ...providerAddresses(providers), ...channelAddresses(channels) },
  };
  const openclaw = openclawService(onMachines);
  const upgrades = upgradeService(onMachines);
  const backups = backupService(onMachines);
  const pieces = pieceCarrier(onMachines);
  const files = filesService(onMachines);
  const { stateDir, fileFolders: named } = config;
  const allowed = { own: join(stateDir, 'files'), named, stateDir, home: homedir() };
  const keyFile = join(config.stateDir, 'transfer.key');
  const seal = backupSeal(keyFile, clock);
  const asking = confirmations(config.stateDir, clock);
  const sound = soundProviders(providers, faults);
  const repair = repairService({ ...onMachines, providers: sound });
  const posture = postureService(machines);
  const configure = configureService(onMachines);
  const spend = spendService(machines);
  const limits = dailyLimits(config.stateDir, clock);
  const commands = commandService(machines);
  const gateway = gatewayService({ machines, clock });
  const records = redactedStore(fileStore(join(config.stateDir, 'operations'), clock), redact);
  const store = recordedStore(records, history, log, redact);
  const kinds = workOf<KindDeps>(KINDS, {
    machines,
    openclaw,
    gateway,
    automations: automationService(machines),
    clock,
    providers,
    soundProviders: sound,
    keys: { providers, channels },
    configure,
    settings: configure,
    posture,
    spend,
    limits,
    repair,
    upgrades,
    backups,
    pieces,
    files,
    allowed,
    secrets: known,
    release,
    newest,
    stateDir: config.stateDir,
    keyFile,
    seal,
    commands,
    movingDir: join(stateDir, 'moving'),
    confirmations: asking,
    pinned: machineId,
    endDeploys: (id) => endDeploysOn(every, id),
  });
  const every = operations(store, clock, withheld(kinds, KINDS, faults), expired, log);
  const reachable = machineId === undefined ? every : pinnedOperations(every, machineId);
  const running = readOnly ? watchedOperations(reachable, clock) : reachable;
  return {
    clock,
    openings: api,
    machines,
    look: lookService(machines),
    openclaw,
    settings: configure,
    spend,
    gateway,
    operations: running,
    history,
    confirmations: asking,
    directory: directory(machines, running, machineId),
    providers,
    release,
    newest,
    requireRelease,
    channels,
    fetch: options.fetch ?? fetch,
    pinned: machineId,
    usage: machineId === undefined ? usageReader(api, clock) : noUsage,
    allowedSettings: config.allowedSettings,
    allowInstall: config.allowInstall,
    holdsSecret: (text) => redact(text) !== text,
    commands,
    files,
    allowedFolders: allowed,
    secrets: known,
    backupsDir: join(config.stateDir, 'backups'),
    toolWaitMs: config.toolWaitMs,
  };
}
