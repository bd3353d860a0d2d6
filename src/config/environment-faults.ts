/** Every variable that this server takes, looked at in one place, before any call needs it. */
import { isAppError } from '../core/errors.ts';
import { cloudProxy } from './cloud-proxy.ts';
import { type Config, type Environment, isLoopback, readSettings } from './config.ts';
import { addressFault, type Fault, keyFault, type Need } from './faults.ts';

/** The variables that hold secrets and addresses of others than Dedalus, by what cannot go on without them. */
export interface OtherVariables {
  stops: Need;
  secrets: readonly string[];
  addresses: readonly string[];
  /** Why a value of another variable cannot be meant; undefined where it may be. */
  others?: Readonly<Record<string, (value: string) => string | undefined>> | undefined;
}

export interface CheckedEnvironment {
  env: Environment;
  /** With the default for what is wrong. */
  config: Config;
  faults: readonly Fault[];
}

/**
 * @param local machines are on this computer, so nothing has to lead to the cloud.
 * @param earlier what was wrong with the sources of `env`.
 */
export function checkEnvironment(
  env: Environment,
  others: readonly OtherVariables[],
  local: boolean,
  earlier: readonly Fault[] = [],
): CheckedEnvironment {
  const { config, faults } = readSettings(env);
  const own = local ? faults.filter(({ stops }) => !stops.includes('cloud')) : faults;
  const inCloud = !local && !isLoopback(new URL(config.dedalusBaseUrl).hostname);
  const found = [
    ...earlier,
    ...own,
    ...others.flatMap((variables) => otherFaults(env, variables)),
    ...(inCloud ? [...proxyFaults(env, config), ...unreachable(env, others)] : []),
  ];
  // One of each: what is wrong in itself need not also be out of reach.
  const first = new Map([...found].reverse().map((fault) => [fault.variable, fault]));
  return { env, config, faults: [...first.values()].reverse() };
}

function otherFaults(env: Environment, { stops, secrets, addresses, others = {} }: OtherVariables): Fault[] {
  const judged = [
    ...secrets.map((variable) => [variable, (value: string) => keyFault(variable, value)] as const),
    ...addresses.map((variable) => [variable, addressFault] as const),
    ...Object.entries(others),
  ];
  return judged.flatMap(([variable, faultOf]) => {
    const value = env[variable]?.trim();
    const message = value ? faultOf(value) : undefined;
    return message === undefined ? [] : [{ variable, message, stops: [stops] }];
  });
}

function proxyFaults(env: Environment, config: Config): Fault[] {
  try {
    cloudProxy(env, config.dedalusBaseUrl);
    return [];
  } catch (error) {
    if (!isAppError(error, 'config')) throw error;
    const [variable = '', ...message] = error.message.split(' ');
    return [{ variable, message: message.join(' '), stops: ['cloud'], next: error.next }];
  }
}

/** Addresses of this computer, which no machine in the cloud can ever reach. */
function unreachable(env: Environment, others: readonly OtherVariables[]): Fault[] {
  const installing: OtherVariables = {
    stops: 'installing',
    secrets: [],
    addresses: ['OPENCLAW_MCP_NPM_REGISTRY', 'OPENCLAW_MCP_NODE_MIRROR'],
  };
  return [...others, installing].flatMap(({ stops, addresses }) =>
    addresses.flatMap((variable) => {
      const value = env[variable]?.trim() ?? '';
      if (!URL.canParse(value) || !isThisComputer(new URL(value).hostname)) return [];
      return [
        {
          variable,
          message: 'leads to this computer, which machines in the cloud cannot reach',
          stops: [stops],
          next: `Set ${variable} to an address that the internet can reach, or take it away; or start the server with --local, for machines on this computer.`,
        },
      ];
    }),
  );
}

function isThisComputer(hostname: string): boolean {
  return (
    isLoopback(hostname) || hostname === '0.0.0.0' || hostname === '[::]' || hostname.endsWith('.localhost')
  );
}
