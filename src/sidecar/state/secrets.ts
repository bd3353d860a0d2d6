/** The gateway's token and the keys of providers and channels: never minted or written over one that is there. */
import { randomBytes } from 'node:crypto';
import { isPatch, type Patch, patched } from '../../core/patch.ts';
import { authFile, type Place, secretsFile } from '../place.ts';
import { SidecarError } from '../sidecar-error.ts';
import { changedText, type ObjectFile, readObject, writeWhole } from './object-file.ts';

/** Of what an HTTP header can carry; a person may have chosen it. */
const TOKEN = /^[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?$/;

export interface Secrets {
  file: ObjectFile;
  /** Empty where there is no file. */
  value: Patch;
}

/** @throws SidecarError `secrets_unreadable`: whoever cannot read them must not write them. */
export function readSecrets(place: Place): Secrets {
  const file = readObject(secretsFile(place));
  const value = 'value' in file ? file.value : {};
  if (file.form === 'unreadable' || hasOddToken(value)) throw new SidecarError('secrets_unreadable');
  return { file, value };
}

/** There is one, of a form that no header can carry: it is somebody's, and not ours to replace. */
export const hasOddToken = (value: Patch): boolean =>
  value.gateway !== undefined && value.gateway !== '' && gatewayToken(value) === undefined;

/** The token that the gateway takes; undefined where none is kept. */
export function gatewayToken({ gateway }: Patch): string | undefined {
  return typeof gateway === 'string' && TOKEN.test(gateway) ? gateway : undefined;
}

/** A token that stands in the settings themselves, as older releases and people write it. */
export function tokenInSettings(settings: unknown): string | undefined {
  const auth = isPatch(settings) && isPatch(settings.gateway) ? settings.gateway.auth : undefined;
  const token = isPatch(auth) ? auth.token : undefined;
  return typeof token === 'string' && TOKEN.test(token) && !token.includes('${') ? token : undefined;
}

/** 256 bits. */
export const newToken = (): string => randomBytes(32).toString('hex');

/** @returns whether the file changed. */
export function writeSecrets(place: Place, { file, value }: Secrets, change: Patch): boolean {
  // Servers of earlier versions look for the token at the very beginning.
  const first = 'text' in file ? value : { gateway: change.gateway, ...value };
  const { text } = changedText(compactWhereNew(file), patched(first, change));
  if ('text' in file && file.text === text) return false;
  writeWhole(secretsFile(place), text);
  return true;
}

const compactWhereNew = (file: ObjectFile): ObjectFile =>
  'text' in file ? file : { form: 'json', text: '{}', value: {} };

/** What our own questions to the gateway say. */
export function writeAuth(place: Place, token: string): void {
  writeWhole(authFile(place), `Authorization: Bearer ${token}\n`);
}
