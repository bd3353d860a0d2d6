import { describe, expect, it } from 'vitest';
import { redactDeep, redactor, secretKeeper } from '../../../src/core/redact.ts';

const secret = 'kanarienvogel/"gelb"+1234567';
const redact = redactor([secret, 'short']);

describe('a known secret', () => {
  it.each([
    ['as it is', secret],
    ['escaped in JSON', JSON.stringify({ key: secret })],
    ['in a URL', `https://x.test/?k=${encodeURIComponent(secret)}`],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64 behind one byte', Buffer.from(`a${secret}b`).toString('base64')],
    ['in base64 behind two bytes', Buffer.from(`ab${secret}cde`).toString('base64')],
    ['in base64url', Buffer.from(`user:${secret}`).toString('base64url')],
  ])('is removed %s', (_, text) => {
    const out = redact(`before ${text} after`);
    expect(out).toContain('[redacted]');
    expect(out).toMatch(/^before .* after$/);
    expect(Buffer.from(out).toString()).not.toContain('kanarienvogel');
    expect(out).not.toContain(Buffer.from('kanarien').toString('base64').slice(0, 9));
  });

  it('is removed from every string of a structure, keys too', () => {
    expect(redactDeep(redact, { a: [secret, 1, null], [secret]: { b: `x${secret}` } })).toEqual({
      a: ['[redacted]', 1, null],
      '[redacted]': { b: 'x[redacted]' },
    });
  });

  it('is not looked for when it is too short to be one', () => {
    expect(redact('a short walk')).toBe('a short walk');
  });
});

describe('a key that nobody told us of', () => {
  it.each([
    'sk-ant-api03-abcdefghijklmnopqrstuv',
    'dsk-live-0123456789abcdefghij',
    'AIzaSyA0123456789abcdefghijklmnopqrstuv',
    'xoxb-123456789012-abcdefghij',
    '123456789:AAF0123456789abcdefghijklmnopqrstuvw',
    'Bearer abcdefghijklmnopqrstuvwxyz',
    'gsk_Abcdefghijklmnopqrstuvwxyz0123456789',
    'hf_AbcdefghijklmnopqrstuvwxyzABCDEFGH',
    'xai-Abcdefghijklmnopqrstuvwxyz0123456789',
    'npm_abcdefghijklmnopqrstuvwxyz0123456789',
    'sk_live_abcdefghijklmnopqrstuvwx',
    'github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuvwxyz',
    'glpat-abcdefghij0123456789',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
    '-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----',
    `-----BEGIN PRIVATE KEY-----\\n${'Ab1/'.repeat(16)}\\n${'Ab1/'.repeat(16)}`,
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\nAAAA\n-----END OPENSSH PRIVATE KEY-----',
  ])('is recognised by its shape: %s', (key) => {
    expect(secretKeeper([]).redact(`log line ${key} end`)).toBe('log line [redacted] end');
  });

  it('is masked to where it ends, and its begin alone hides nothing', () => {
    const redact = secretKeeper([]).redact;
    const begin = '-----BEGIN PRIVATE KEY-----';
    expect(redact(`A key starts with ${begin}, and ends so.`)).toBe(
      'A key starts with [redacted], and ends so.',
    );
    expect(redact(`${begin}\n${'Ab1/'.repeat(16)}\ncut here`)).toBe('[redacted]\ncut here');
  });

  it('is looked for once over, however often it seems to begin', () => {
    const redact = secretKeeper([]).redact;
    for (const text of [
      '-eyJ',
      'eyJ',
      'eyJaaaaaaaaaa.',
      '-----BEGIN PRIVATE KEY-----A',
      'gsk_',
      '-----BEGIN A ',
    ])
      expect(redact(text.repeat(250_000)).length).toBeGreaterThan(1000);
  });

  it('leaves ordinary words and ids alone', () => {
    const text =
      'machine dm-3f2b1c9e-0000-4000-8000-000000000000 runs; npm_config_registry, npm-registry-fetch, xai-grok-4-fast-reasoning; is-this-a-key?';
    expect(secretKeeper([]).redact(text)).toBe(text);
  });
});

describe('a secret through which a cap has cut', () => {
  const long = 'dsk.canary.0123456789.abcdefghijklmnop';
  it.each([
    ['its beginning', `key ${long.slice(0, 30)}\n[99 more characters left out]`, 'key [redacted]\n[99 more'],
    ['its end', `[99 characters before this left out]\n${long.slice(-20)} end`, 'left out]\n[redacted] end'],
  ])('leaves %s behind, which is removed too', (_, text, left) => {
    expect(redactor([long])(text)).toContain(left);
  });
});

it('a secret that comes up later is removed from then on', () => {
  const keeper = secretKeeper(['first-secret-1']);
  expect(keeper.redact('first-secret-1 second-secret-2')).toBe('[redacted] second-secret-2');
  keeper.learn('second-secret-2');
  expect(keeper.redact('first-secret-1 second-secret-2')).toBe('[redacted] [redacted]');
});
