/** Which files make up each script. A script `x-y` must define the function `x_y_main`. */

import common from './scripts/common.sh';
import configure from './scripts/configure.sh';
import deploy from './scripts/deploy.sh';
import gatewayHttp from './scripts/gateway-http.sh';
import gatewayProcess from './scripts/gateway-process.sh';
import install from './scripts/install.sh';
import machineFacts from './scripts/machine-facts.sh';
import network from './scripts/network.sh';
import process from './scripts/process.sh';
import readJob from './scripts/read-job.sh';
import resolve from './scripts/resolve.sh';
import sidecar from './scripts/sidecar.sh';
import startJob from './scripts/start-job.sh';
import stopJob from './scripts/stop-job.sh';

/** Every script starts with these: layout and output, processes and locks, questions to the gateway. */
export const BASE: readonly string[] = [common, process, gatewayHttp];

const GATEWAY = [network, machineFacts, sidecar, gatewayProcess];

export const SCRIPTS = {
  deploy: [install, ...GATEWAY, configure, deploy],
  resolve: [network, resolve],
  'read-job': [readJob],
  'start-job': [startJob],
  'stop-job': [stopJob],
} as const satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof SCRIPTS;
