/** Documents as they travel: gzip in base64, a long one in parts of which each is asked for. */

import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseJson } from '../core/json.ts';
import { SidecarError } from './sidecar-error.ts';
import { type Answer, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_LEVELS, MAX_PART_CHARS } from './wire.ts';

/** Rests that nobody came for make place for newer ones. */
const MOST_RESTS = 8;
const rests = new Map<string, string>();

/** @throws SidecarError `bad_request`. */
export function unpacked(text: string): unknown {
  try {
    const bytes = gunzipSync(Buffer.from(text, 'base64'), { maxOutputLength: MAX_DOCUMENT_BYTES });
    const document = parseJson(bytes.toString('utf8'), MAX_DOCUMENT_LEVELS);
    if (document !== undefined) return document;
  } catch {
    // Not packed as it travels.
  }
  throw new SidecarError('bad_request');
}

/** @throws SidecarError `reply_too_large`. */
export function packedReply(reply: unknown): Answer {
  const text = JSON.stringify(reply);
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) throw new SidecarError('reply_too_large');
  return firstPart(gzipSync(text).toString('base64'));
}

/** @throws SidecarError `rest_is_gone`. */
export function restOf(token: string): Answer {
  const rest = rests.get(token);
  if (rest === undefined) throw new SidecarError('rest_is_gone');
  rests.delete(token);
  return firstPart(rest);
}

function firstPart(packed: string): Answer {
  if (packed.length <= MAX_PART_CHARS) return { is: 'reply', packed };
  const more = randomBytes(16).toString('hex');
  rests.set(more, packed.slice(MAX_PART_CHARS));
  const [oldest] = rests.keys();
  if (rests.size > MOST_RESTS && oldest !== undefined) rests.delete(oldest);
  return { is: 'reply', packed: packed.slice(0, MAX_PART_CHARS), more };
}
