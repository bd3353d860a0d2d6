/** What a command asks of the machine's own program, taken out of its environment. */
import { gunzipSync } from 'node:zlib';

export function requestIn(env: Readonly<Record<string, string>> = {}): Record<string, unknown> {
  const pieces = Object.keys(env).filter((name) => /^OPENCLAW_MCP_REQUEST(?:_\d+)?$/.test(name));
  const packed = pieces
    .sort((a, b) => Number(a.split('_')[3] ?? 0) - Number(b.split('_')[3] ?? 0))
    .map((name) => env[name])
    .join('');
  return JSON.parse(gunzipSync(Buffer.from(packed, 'base64')).toString('utf8')).request;
}
