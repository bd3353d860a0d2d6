/** Which files make up each script. A script `x-y` must define the function `x_y_main`. */

import changeState from './scripts/change-state.sh';
import channelAnswer from './scripts/channel-answer.sh';
import common from './scripts/common.sh';
import configure from './scripts/configure.sh';
import configureChange from './scripts/configure-change.sh';
import deploy from './scripts/deploy.sh';
import diagnoseTree from './scripts/diagnose-tree.sh';
import gatewayHttp from './scripts/gateway-http.sh';
import gatewayProcess from './scripts/gateway-process.sh';
import install from './scripts/install.sh';
import machineFacts from './scripts/machine-facts.sh';
import network from './scripts/network.sh';
import openclawCli from './scripts/openclaw-cli.sh';
import outsideChecks from './scripts/outside-checks.sh';
import plugins from './scripts/plugins.sh';
import process from './scripts/process.sh';
import readJob from './scripts/read-job.sh';
import repair from './scripts/repair.sh';
import repairFacts from './scripts/repair-facts.sh';
import repairInstall from './scripts/repair-install.sh';
import resolve from './scripts/resolve.sh';
import restore from './scripts/restore.sh';
import sidecar from './scripts/sidecar.sh';
import startJob from './scripts/start-job.sh';
import stopJob from './scripts/stop-job.sh';
import upgrade from './scripts/upgrade.sh';

/** Every script starts with these: layout and output, processes and locks, questions to the gateway. */
export const BASE: readonly string[] = [common, process, gatewayHttp];

const GATEWAY = [network, machineFacts, sidecar, gatewayProcess];

export const SCRIPTS = {
  deploy: [install, ...GATEWAY, configure, deploy],
  upgrade: [install, ...GATEWAY, openclawCli, plugins, changeState, upgrade],
  restore: [install, ...GATEWAY, openclawCli, plugins, changeState, restore],
  'configure-change': [...GATEWAY, openclawCli, plugins, outsideChecks, configureChange],
  'channel-answer': [network, openclawCli, channelAnswer],
  repair: [sidecar, machineFacts, repairFacts, repair],
  'repair-install': [install, ...GATEWAY, repairFacts, diagnoseTree, repairInstall],
  resolve: [network, resolve],
  'read-job': [readJob],
  'start-job': [startJob],
  'stop-job': [stopJob],
} as const satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof SCRIPTS;
