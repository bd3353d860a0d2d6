/** A secret in every form in which a shell, a log or a program may write it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redactor } from '../../../src/core/redact.ts';

const SETS = {
  letters: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  hex: '0123456789abcdef',
  url: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_',
  odd: 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=:.~!@#$&*()"\'',
};
const secrets = fc
  .record({
    set: fc.constantFrom(...Object.values(SETS)),
    prefix: fc.constantFrom('', 'sk-ant-api03-', 'dsk-'),
  })
  .chain(({ set, prefix }) =>
    fc
      .array(fc.constantFrom(...set), { minLength: 24, maxLength: 90 })
      .map((letters) => prefix + letters.join('')),
  );
// What stands around it: lines of words, none of them a piece of a secret.
const around = fc.constantFrom('', 'key: ', '{"a": "', 'line one\nline two ', '§ über ', 'x'.repeat(13));

type Form = (text: string) => string;
const bytesOf = (text: string) => Buffer.from(text, 'utf8');
const everyByte =
  (spell: (hex: string) => string): Form =>
  (text) =>
    [...bytesOf(text)].map((byte) => spell(byte.toString(16).padStart(2, '0'))).join('');

const PLAIN: Record<string, Form> = {
  'as it is': (text) => text,
  'in JSON': (text) => JSON.stringify(text),
  'in JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)),
  'in a URL': (text) => encodeURIComponent(text),
  'in a URL in a URL': (text) => encodeURIComponent(encodeURIComponent(text)),
  'every byte in a URL': everyByte((hex) => `%${hex}`),
  'as escapes of a language': everyByte((hex) => `\\x${hex}`),
};
const HEX: Record<string, Form> = {
  'in hex': (text) => bytesOf(text).toString('hex'),
  'in capital hex': (text) => bytesOf(text).toString('hex').toUpperCase(),
  'in hex with colons': (text) => (bytesOf(text).toString('hex').match(/../g) ?? []).join(':'),
  'as a list of numbers': everyByte((hex) => `0x${hex}, `),
};
const BASE64: Record<string, Form> = {
  'in base64': (text) => bytesOf(text).toString('base64'),
  'in base64 for URLs': (text) => bytesOf(text).toString('base64url'),
  'in base64 in a URL': (text) => encodeURIComponent(bytesOf(text).toString('base64')),
};
const wraps = fc.constantFrom<Form>(
  (text) => text,
  folded(20, '\n'),
  folded(64, '\n'),
  folded(76, '\r\n'),
  folded(20, '\n    '),
  folded(7, ' '),
);

function folded(width: number, separator: string): Form {
  return (text) => (text.match(new RegExp(`[^]{1,${width}}`, 'g')) ?? []).join(separator);
}

const RUNS = { numRuns: 25 };
const bare = (text: string) => text.replace(/\s/g, '');

/** The last piece that is left, if there is one: windows of `size` of the form, at every alignment that it may have. */
function leftOf(out: string, forms: readonly string[], size: number): string | undefined {
  const seen = bare(out);
  for (const form of forms.map(bare)) {
    for (let at = 0; at + size <= form.length; at++) {
      const piece = form.slice(at, at + size);
      if (seen.includes(piece)) return piece;
    }
  }
  return undefined;
}

describe('a whole secret, wrapped anywhere', () => {
  it.each([...Object.entries(PLAIN), ...Object.entries(HEX)])('%s', (_, form) => {
    fc.assert(
      fc.property(secrets, wraps, around, around, (secret, wrap, before, after) => {
        const out = redactor([secret])(before + wrap(form(secret)) + after);
        expect(out).toContain('[redacted]');
        expect(leftOf(out, [form(secret)], 10)).toBeUndefined();
      }),
      RUNS,
    );
  });

  it.each(Object.entries(BASE64))('%s, at every alignment', (_, form) => {
    fc.assert(
      fc.property(secrets, wraps, fc.constantFrom('', 'a', 'ab', 'user:'), (secret, wrap, before) => {
        const out = redactor([secret])(`token ${wrap(form(`${before}${secret}`))} end`);
        // The letters at its edges also hold bits of their neighbours.
        expect(leftOf(out, [form(`${before}${secret}`).slice(before.length + 3)], 8)).toBeUndefined();
      }),
      RUNS,
    );
  });
});

/** As `xxd`, `hexdump -C` and `od -tx1` write it. */
const DUMPS: Record<string, (bytes: Buffer) => string> = {
  xxd: (bytes) =>
    rows(bytes, (at, row) => {
      const pairs = (row.toString('hex').match(/.{1,4}/g) ?? []).join(' ');
      return `${at.toString(16).padStart(8, '0')}: ${pairs.padEnd(39)}  ${printed(row)}`;
    }),
  'hexdump -C': (bytes) =>
    rows(bytes, (at, row) => {
      const pairs = row.toString('hex').match(/../g) ?? [];
      const halves = `${pairs.slice(0, 8).join(' ')}  ${pairs.slice(8).join(' ')}`;
      return `${at.toString(16).padStart(8, '0')}  ${halves.padEnd(48)}  |${printed(row)}|`;
    }),
  'od -tx1': (bytes) =>
    rows(bytes, (at, row) => {
      const pairs = row.toString('hex').match(/../g) ?? [];
      return `${at.toString(8).padStart(7, '0')} ${pairs.join(' ')}`;
    }),
};

function rows(bytes: Buffer, line: (at: number, row: Buffer) => string): string {
  const starts = Array.from({ length: Math.ceil(bytes.length / 16) }, (_, index) => index * 16);
  return starts.map((at) => line(at, bytes.subarray(at, at + 16))).join('\n');
}

function printed(row: Buffer): string {
  return row.toString('latin1').replace(/[^ -~]/g, '.');
}

describe('a whole secret in a dump, with its offsets and what is printed beside it', () => {
  it.each(Object.entries(DUMPS))('%s', (_, dump) => {
    fc.assert(
      fc.property(secrets, fc.stringMatching(/^[g-z .]{0,40}$/), (secret, before) => {
        const out = redactor([secret])(`some output\n${dump(bytesOf(`${before}${secret} and more`))}\n`);
        expect(leftOf(out, [bytesOf(secret).toString('hex')], 8)).toBeUndefined();
        expect(leftOf(out.replace(/^[0-9a-f]{7,8}:?/gm, ''), [secret], 6)).toBeUndefined();
      }),
      RUNS,
    );
  });
});

describe('a piece of a secret, wherever it was cut', () => {
  const cuts = fc.tuple(fc.nat(60), fc.nat(60));
  const key = fc
    .array(fc.constantFrom(...SETS.letters), { minLength: 40, maxLength: 90 })
    .map((letters) => `sk-ant-api03-${letters.join('')}`);

  it.each([
    ['as it is', 16, PLAIN['as it is']],
    ['in hex', 32, HEX['in hex']],
    ['in base64', 20, BASE64['in base64']],
  ])('%s', (_, size, form) => {
    fc.assert(
      fc.property(key, cuts, wraps, (secret, [from, to], wrap) => {
        const whole = form?.(secret) ?? '';
        const piece = whole.slice(from % whole.length, whole.length - (to % whole.length));
        const out = redactor([secret])(`before #${wrap(piece)}# [99 more characters left out]`);
        expect(leftOf(out, [piece], size)).toBeUndefined();
        expect(out).toMatch(/^before #/);
      }),
      RUNS,
    );
  });

  it('is not what only looks like words, nor a part of the way to a file', () => {
    const redact = redactor(['correct-horse-battery-staple', '/home/somebody/keys/service.json']);
    const text = 'the correct-horse of /home/somebody/notes.txt';
    expect(redact(text)).toBe(text);
    expect(redact('correct-horse-battery-staple /home/somebody/keys/service.json')).toBe(
      '[redacted] [redacted]',
    );
  });

  it('leaves text around it as it was', () => {
    fc.assert(
      fc.property(
        key,
        fc.string({ maxLength: 80 }),
        fc.string({ maxLength: 80 }),
        (secret, before, after) => {
          const out = redactor([secret])(`${before}\n§${secret}§\n${after}`);
          expect(out).toBe(`${before}\n§[redacted]§\n${after}`);
        },
      ),
      RUNS,
    );
  });
});

it('takes time that grows with the text alone, also where all of it is nearly a secret', () => {
  const secret = `sk-ant-api03-${'Zx8'.repeat(25)}1q7LmNop`;
  const redact = redactor([secret]);
  const near = [`${secret.slice(0, -1)}!`, secret.slice(0, 16), `${secret.slice(-16)} `, '%25', '\\', 'sk-'];
  const spent = (text: string) => {
    const begun = process.cpuUsage();
    redact(text);
    return process.cpuUsage(begun).user / 1000;
  };
  for (const piece of near) {
    // A megabyte took 96 s, and takes 0.1 to 0.5 s.
    expect(spent(piece.repeat(Math.ceil(200_000 / piece.length)))).toBeLessThan(2_000);
  }
});
