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
import { instructions } from './mcp/instructions.ts';
import { mcpServer } from './mcp/mcp-server.ts';
import { openclawService } from './openclaw/openclaw-service.ts';
import { type ProviderKey, providerAddresses } from './openclaw/providers.ts';
import { operations } from './operations/operations.ts';
import { fileStore } from './operations/store.ts';
import { tools } from './tools/index.ts';
import type { Services } from './tools/services.ts';
import { DEPLOY, deployKind } from './workflows/deploy.ts';
import { DESTROY, destroyKind } from './workflows/destroy.ts';
import { directory } from './workflows/directory.ts';
import { SLEEP, sleepKind } from './workflows/sleep.ts';
import { TURN, turnKind } from './workflows/turn.ts';
import { WAKE, wakeKind } from './workflows/wake.ts';

export interface ServerOptions {
  config: Config;
  /** Made at the first call that needs it; what it throws is that call's error. */
  connect: () => Promise<DedalusApi>;
  providers: readonly ProviderKey[];
  /** Every secret value that the process knows, for redaction. */
  secrets: readonly string[];
  clock: Clock;
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
  const { config, clock, providers } = options;
  const redact = redactor(options.secrets);
  const log = lineLog(options.writeLog, redact);
  const services = assembleServices(config, options.connect, clock, providers);
  const server = mcpServer({
    name: 'openclaw-dedalus-mcp',
    title: 'OpenClaw on Dedalus Machines',
    version,
    instructions,
    tools,
    services,
    redact,
    log,
  });
  return { server, services, log, close: () => services.operations.close() };
}

function assembleServices(
  config: Config,
  connect: () => Promise<DedalusApi>,
  clock: Clock,
  providers: readonly ProviderKey[],
): Services {
  const machines = machineService({ api: lateApi(connect), clock });
  const openclaw = openclawService({
    machines,
    npmRegistry: config.npmRegistry,
    nodeMirror: config.nodeMirror,
    providerAddresses: providerAddresses(providers),
  });
  const gateway = gatewayService({ machines });
  const store = fileStore(join(config.stateDir, 'operations'), clock);
  const running = operations(store, clock, {
    [DEPLOY]: deployKind({ machines, openclaw, providers }),
    [WAKE]: wakeKind({ machines, openclaw }),
    [SLEEP]: sleepKind({ machines }),
    [DESTROY]: destroyKind({ machines }),
    [TURN]: turnKind({ openclaw, gateway }),
  });
  return {
    clock,
    machines,
    openclaw,
    gateway,
    operations: running,
    directory: directory(machines, running, config.machineId),
    providers,
    toolWaitMs: config.toolWaitMs,
  };
}
