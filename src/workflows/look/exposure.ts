/** How well an assistant is protected, finding by finding, each with what to do about it. */
import type { Brought } from '../../core/brought.ts';
import type { Machine } from '../../dedalus/api.ts';
import type { Opening } from '../../dedalus/calls/openings.ts';
import { MINIMUM_SAFE_VERSION } from '../../openclaw/catalog/settings.ts';
import type { Posture } from '../../openclaw/look/posture.ts';
import type { Probe } from '../../openclaw/ports.ts';
import { type RemainingKey, remainingKeysSentence } from '../configure/remaining-keys.ts';
import { isUnsafeVersion } from '../deploy/version.ts';
import { troubleOf } from './gateway-history.ts';

export interface Finding {
  name:
    | 'version'
    | 'gateway'
    | 'bind'
    | 'auth'
    | 'token'
    | 'additions'
    | 'file_modes'
    | 'openings'
    | 'disk'
    | 'memory'
    | 'autosleep'
    | 'provider_keys'
    | 'audit';
  state: 'ok' | 'warning' | 'critical' | 'not_checked';
  /** What was seen, in our words. */
  detail: string;
  /** What to do, where something wants doing. */
  fix?: string | undefined;
}

/** Everything that was seen at once; undefined parts could not be seen. */
export interface Seen {
  machine: Machine;
  probe: Probe;
  posture: Posture | undefined;
  /** Null where the API has no such thing. */
  openings: readonly Opening[] | null | undefined;
  audited: boolean;
  /** Undefined where they could not be seen, or this server holds none to compare with. */
  kept: readonly RemainingKey[] | undefined;
  /** What `strangers` found. */
  strange: readonly Brought[];
}

// Below these OpenClaw 2026.9 was seen to die: 1.25 GiB is killed on the first chat, an install needs 850 MB.
const MIN_MEMORY_MIB = 1536;
const MIN_DISK_FREE_MIB = 500;
// 128 bits in hex; ours have 64 characters.
const MIN_TOKEN_CHARS = 32;

const REWRITE = 'Call deploy_openclaw with this machine_id: it writes the settings anew.';

export function postureFindings(seen: Seen): Finding[] {
  return [
    version(seen.probe),
    ...(seen.posture ? [gateway(seen.posture, seen.probe)] : []),
    ...(seen.posture ? [...exposure(seen.posture), additions(seen.strange)] : []),
    fileModes(seen.probe, seen.posture),
    openings(seen.openings),
    disk(seen.probe),
    memory(seen.probe),
    autosleep(seen.machine),
    providerKeys(seen.kept),
    audit(seen),
  ];
}

function version({ openclaw_version: openclawVersion }: Probe): Finding {
  if (openclawVersion === undefined)
    return { name: 'version', state: 'not_checked', detail: 'not installed' };
  if (!isUnsafeVersion(openclawVersion))
    return { name: 'version', state: 'ok', detail: 'no published holes' };
  return {
    name: 'version',
    state: 'critical',
    detail: `this release has published holes; ${MINIMUM_SAFE_VERSION} is the first without`,
    fix: 'Call upgrade_openclaw.',
  };
}

function gateway({ gateway: history }: Posture, { process }: Probe): Finding {
  const { detail, fix } = troubleOf(history, process === 'gone');
  return { name: 'gateway', state: fix === undefined ? 'ok' : 'warning', detail, fix };
}

function exposure({ exposure: seen, listens }: Posture): Finding[] {
  const { bind = '', auth_mode: authMode = '', token_chars: chars } = seen;
  const detail = 'the settings cannot be read, and OpenClaw did not tell what is in them';
  if (seen.settings === 'unknown') {
    const unseen = (['auth', 'token'] as const).map(
      (name): Finding => ({ name, state: 'not_checked', detail }),
    );
    return [bound(undefined, listens), ...unseen];
  }
  return [
    bound(bind, listens),
    authMode === 'token' || (authMode === '' && chars !== null && chars > 0)
      ? { name: 'auth', state: 'ok', detail: 'every call needs the token' }
      : {
          name: 'auth',
          state: 'critical',
          detail: 'the gateway is not set to ask for its token',
          fix: REWRITE,
        },
    token(seen.token_in_settings === 'yes', chars),
  ];
}

/** The sockets decide where the settings say nothing, or nothing that can be read. */
function bound(bind: string | undefined, listens: Posture['listens']): Finding {
  const said = bind !== undefined && bind !== '';
  if (listens === 'others' || (said && bind !== 'loopback'))
    return {
      name: 'bind',
      state: 'critical',
      detail: 'the gateway listens beyond its own machine',
      fix: REWRITE,
    };
  return said || listens === 'loopback'
    ? { name: 'bind', state: 'ok', detail: 'only this machine itself reaches the gateway' }
    : { name: 'bind', state: 'not_checked', detail: 'neither its settings nor its sockets can be read' };
}

function token(inSettings: boolean, chars: number | null): Finding {
  if (chars === null)
    return { name: 'token', state: 'not_checked', detail: 'the file with the token cannot be read' };
  if (chars >= MIN_TOKEN_CHARS && !inSettings)
    return { name: 'token', state: 'ok', detail: `random, ${chars} characters, in a private file` };
  return {
    name: 'token',
    state: inSettings ? 'warning' : 'critical',
    detail: inSettings ? 'the token stands in openclaw.json' : 'the token is short or missing',
    fix: REWRITE,
  };
}

/** What the settings name that neither this server nor a provider's own address put there; see `strangers`. */
function additions(strange: readonly Brought[]): Finding {
  if (strange.length === 0)
    return { name: 'additions', state: 'ok', detail: 'no model provider or program that is not ours' };
  const programs = strange.filter(({ kind }) => kind === 'program').length;
  const addresses = strange.length - programs;
  return {
    name: 'additions',
    state: 'warning',
    detail: `the settings name ${addresses} address(es) of model providers and ${programs} program(s) that this server did not put there`,
    fix: 'Ask the person whether they are theirs (listed in the fenced block). If not, revoke the provider keys and deploy a new machine.',
  };
}

/** Addresses that get provider keys, and programs that OpenClaw starts, but for those that this server knows. */
export function strangers(posture: Posture | undefined, known: readonly string[]): Brought[] {
  const plain = (address: string) => address.replace(/\/+$/, '');
  const ours = new Set(known.map(plain));
  return (posture?.exposure.brought ?? []).filter(
    ({ kind, path, value }) =>
      kind === 'program' || (/^(?:models|secrets)\./.test(path) && !ours.has(plain(value))),
  );
}

function fileModes(probe: Probe, posture: Posture | undefined): Finding {
  const files = Object.entries(probe.modes).filter(([, mode]) => mode !== '600');
  const folders = [posture?.state_mode, posture?.mcp_mode].filter(
    (mode) => mode !== undefined && mode !== '700',
  );
  const names = [...files.map(([file]) => file), ...(folders.length > 0 ? ['a folder'] : [])];
  if (names.length === 0)
    return { name: 'file_modes', state: 'ok', detail: 'only its owner reads its files' };
  return {
    name: 'file_modes',
    state: files.length > 0 ? 'critical' : 'warning',
    detail: `others on the machine can read ${names.join(', ')}`,
    fix: 'Call wake_machine to make them private.',
  };
}

function openings(open: Seen['openings']): Finding {
  if (open === undefined) return { name: 'openings', state: 'not_checked', detail: 'the API did not say' };
  if (open === null)
    return { name: 'openings', state: 'ok', detail: 'this API opens no ports to the network' };
  const seen = open.filter(({ loopback }) => !loopback);
  if (seen.length === 0) return { name: 'openings', state: 'ok', detail: 'no port is open to the network' };
  const ports = [...new Set(seen.map(({ port }) => port))].slice(0, 10).join(', ');
  return {
    name: 'openings',
    state: 'warning',
    detail: `open to the network: port ${ports}`,
    fix: 'Close what is not needed in the Dedalus dashboard.',
  };
}

function disk({ disk_free_mib: free }: Probe): Finding {
  const detail = `${free} MiB free`;
  if (free >= MIN_DISK_FREE_MIB) return { name: 'disk', state: 'ok', detail };
  return {
    name: 'disk',
    state: 'warning',
    detail,
    fix: 'Remove files, or the gateway stops: repair_openclaw clears caches.',
  };
}

function memory({ memory_total_mib: total }: Probe): Finding {
  const detail = `${total} MiB in all`;
  if (total >= MIN_MEMORY_MIB) return { name: 'memory', state: 'ok', detail };
  return {
    name: 'memory',
    state: 'warning',
    detail,
    fix: 'Too little for present versions: give it 2048 or more.',
  };
}

function autosleep({ autosleepSeconds }: Machine): Finding {
  if (autosleepSeconds === undefined)
    return { name: 'autosleep', state: 'not_checked', detail: 'the API does not tell' };
  const detail =
    autosleepSeconds === 0
      ? 'never sleeps by itself, and so bills all the time'
      : `sleeps after ${autosleepSeconds} s without a call; channels are silent then`;
  return { name: 'autosleep', state: 'ok', detail };
}

function providerKeys(kept: Seen['kept']): Finding {
  const name = 'provider_keys';
  if (kept === undefined) return { name, state: 'not_checked', detail: 'nothing to compare its keys with' };
  if (kept.length === 0)
    return { name, state: 'ok', detail: "its model keys are those of this server's environment" };
  return { name, state: 'warning', ...remainingKeysSentence(kept) };
}

function audit({ audited, posture }: Seen): Finding {
  const found = posture?.audit;
  if (found === undefined) {
    const detail = audited ? 'this release has no audit of its own' : 'not asked for; pass audit true';
    return { name: 'audit', state: 'not_checked', detail };
  }
  const count = (severity: string) => found.filter((one) => one.severity === severity).length;
  const detail = `OpenClaw's own audit: ${count('critical')} critical, ${count('warn')} warning(s), ${count('info')} note(s)`;
  const state = count('critical') > 0 ? 'critical' : count('warn') > 0 ? 'warning' : 'ok';
  return state === 'ok'
    ? { name: 'audit', state, detail }
    : { name: 'audit', state, detail, fix: `Read the fenced findings. ${REWRITE}` };
}
