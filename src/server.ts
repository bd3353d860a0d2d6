/** The composition root: settings and a connection in, an MCP server out. */
import { join } from 'node:path';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { version } from '../package.json';
import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import { type Log, lineLog } from './core/log.ts';
import { redactor } from './core/redact.ts';
import type { DedalusApi } from './dedalus/api.ts';
import { lateApi } from './dedalus/late-api.ts';
import { gatewayService } from './gateway/gateway-service.ts';
import { machineService } from './machine/machine-service.ts';
import { instructionsFor } from './mcp/instructions.ts';
import { mcpServer } from './mcp/mcp-server.ts';
import { openclawService } from './openclaw/openclaw-service.ts';
import { type ProviderKey, providerAddresses } from './openclaw/providers.ts';
import { repairService } from './openclaw/repair-service.ts';
import { upgradeService } from './openclaw/upgrade.ts';
import { operations } from './operations/operations.ts';
import { fileStore } from './operations/store.ts';
import { toolsFor } from './tools/index.ts';
import type { Services } from './tools/services.ts';
import { confirmations } from './workflows/confirmations.ts';
import { DEPLOY, deployKind } from './workflows/deploy.ts';
import { DESTROY, destroyKind } from './workflows/destroy.ts';
import { directory } from './workflows/directory.ts';
import { pinnedMachines, pinnedOperations, watchedOperations } from './workflows/least-power.ts';
import { outdated } from './workflows/outdated.ts';
import { REPAIR, repairKind } from './workflows/repair.ts';
import { SLEEP, sleepKind } from './workflows/sleep.ts';
import { TURN, turnKind } from './workflows/turn.ts';
import { UPGRADE, upgradeKind } from './workflows/upgrade.ts';
import { noUsage, usageReader } from './workflows/usage.ts';
import { WAKE, wakeKind } from './workflows/wake.ts';

export interface ServerOptions {
  config: Config;
  /** Made at the first call that needs it; what it throws is that call's error. */
  connect: () => Promise<DedalusApi>;
  providers: readonly ProviderKey[];
  /** Every secret value that the process knows, for redaction. */
  secrets: readonly string[];
  clock: Clock;
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
  log: Log;
  /** Stops local work at once; every operation goes on in the next process that asks for it. */
  close(): void;
}

export function assembleServer(options: ServerOptions): AssembledServer {
  const { config, readOnly = false, only } = options;
  const { confirm, machineId } = config;
  const redact = redactor(options.secrets);
  const log = lineLog(options.writeLog, redact);
  const services = assembleServices(options);
  const server = mcpServer({
    name: 'openclaw-dedalus-mcp',
    title: 'OpenClaw on Dedalus Machines',
    version,
    instructions: instructionsFor({ readOnly, confirm, pinned: machineId !== undefined }),
    tools: toolsFor({ readOnly, only, confirm, machineId }),
    services,
    redact,
    log,
  });
  return { server, services, log, close: () => services.operations.close() };
}

function assembleServices({ config, connect, clock, providers, readOnly = false }: ServerOptions): Services {
  const { machineId } = config;
  const api = lateApi(connect);
  const all = machineService({ api, clock });
  const machines = machineId === undefined ? all : pinnedMachines(all, machineId);
  const onMachines = {
    machines,
    npmRegistry: config.npmRegistry,
    nodeMirror: config.nodeMirror,
    providerAddresses: providerAddresses(providers),
  };
  const openclaw = openclawService(onMachines);
  const upgrades = upgradeService(onMachines);
  const repair = repairService({ ...onMachines, providers });
  const gateway = gatewayService({ machines });
  const store = fileStore(join(config.stateDir, 'operations'), clock);
  const kinds = {
    [DEPLOY]: deployKind({ machines, openclaw, clock, providers }),
    [WAKE]: wakeKind({ machines, openclaw }),
    [SLEEP]: sleepKind({ machines, openclaw, clock }),
    [DESTROY]: destroyKind({ machines, clock }),
    [REPAIR]: repairKind({ machines, openclaw, repair, providers }),
    [UPGRADE]: upgradeKind({ machines, openclaw, upgrades }),
    [TURN]: turnKind({ machines, openclaw, gateway, clock }),
  };
  const every = operations(store, clock, kinds, outdated);
  const reachable = machineId === undefined ? every : pinnedOperations(every, machineId);
  const running = readOnly ? watchedOperations(reachable, clock) : reachable;
  return {
    clock,
    machines,
    openclaw,
    gateway,
    operations: running,
    confirmations: confirmations(config.stateDir, clock),
    directory: directory(machines, running, machineId),
    providers,
    usage: machineId === undefined ? usageReader(api, clock) : noUsage,
    toolWaitMs: config.toolWaitMs,
  };
}
