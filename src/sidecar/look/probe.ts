/** One look at every layer, cheapest first. Nothing is started or changed. */
import { join } from 'node:path';
import { parseJson } from '../../core/json.ts';
import { mcpDir, type Place, settingsFile, stateDir } from '../place.ts';
import { livePid } from '../process/identity.ts';
import type { ReplyOf } from '../protocol.ts';
import { readText } from '../read-text.ts';
import { stillInterrupted } from '../sessions/interrupted.ts';
import { settingsState } from '../state/look.ts';
import { readObject } from '../state/object-file.ts';
import { foreignOwner, gatewayState, startup } from './gateway-state.ts';
import { lastLines } from './last-lines.ts';
import { fileMode, holdsState, jobsRunning, machineFacts, nodeVersion, openclawVersion } from './machine.ts';

const LOG_LINES = 20;
const LOG_BYTES = 4_000;

export async function probe(place: Place): Promise<ReplyOf<'probe'>> {
  const own = mcpDir(place);
  const gateway = await gatewayState(place);
  const pid = await livePid(join(own, 'gateway.pid'));
  const owner = gateway.listening && pid === undefined ? await foreignOwner(place) : undefined;
  const deployment = parseJson(readText(join(own, 'deployment.json')));
  const printed = gateway.health === 'live' ? undefined : await lastPrinted(place);
  return {
    ...machineFacts(place),
    node_version: await nodeVersion(place),
    openclaw_version: openclawVersion(place),
    has_worked: fileMode(join(own, 'openclaw.last-good.json')) !== undefined,
    has_state: holdsState(place),
    has_comments: readObject(settingsFile(place)).form === 'json5',
    config: settingsState(place),
    modes: modes(place),
    process: pid === undefined ? 'gone' : 'running',
    ...gateway,
    startup: await startup(place, gateway.health),
    jobs_running: await jobsRunning(place),
    interrupted: (await stillInterrupted(place)).map(({ key }) => key),
    ...(deployment === undefined ? {} : { deployment }),
    ...(owner === undefined ? {} : { port_owner: owner }),
    ...(printed === undefined ? {} : { gateway_log: printed }),
  };
}

function modes(place: Place) {
  const files = {
    'openclaw.json': join(stateDir(place), 'openclaw.json'),
    'secrets.json': join(stateDir(place), 'secrets.json'),
    auth: join(mcpDir(place), 'auth'),
  };
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, file]) => {
      const mode = fileMode(file);
      return mode === undefined ? [] : [[name, mode]];
    }),
  );
}

async function lastPrinted(place: Place): Promise<string | undefined> {
  const wanted = { most: LOG_LINES, maxBytes: LOG_BYTES, keep: (line: string) => line };
  const { lines } = await lastLines(join(stateDir(place), 'logs', 'gateway.out'), wanted);
  return lines.length === 0 ? undefined : lines.join('\n');
}
