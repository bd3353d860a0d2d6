import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { secretScan } from '../../../src/core/secret-scan.ts';

const SECRET = 'sk-ant-0123456789-abcdef';
const around = (form: string) => Buffer.concat([randomBytes(999), Buffer.from(form), randomBytes(500)]);

it.each([
  ['as it is', SECRET],
  ['in hex', Buffer.from(SECRET).toString('hex')],
  ['in base64', Buffer.from(`ab${SECRET}c`).toString('base64')],
  ['in base64 for URLs', Buffer.from(`a${SECRET}`).toString('base64url')],
])('finds a secret %s, however its bytes are cut', (_, form) => {
  const bytes = around(form);
  for (const size of [1, 7, 100, bytes.length]) {
    const scan = secretScan(['short', SECRET]);
    const found = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      scan.finds(bytes.subarray(index * size, (index + 1) * size)),
    );
    expect(found.some(Boolean), `${size}`).toBe(true);
  }
});

it('finds nothing where there is none, and no word of under eight characters', () => {
  const scan = secretScan(['short', SECRET]);
  expect(scan.finds(Buffer.from(`short ${SECRET.slice(1)}`))).toBe(false);
  expect(secretScan([]).finds(randomBytes(100))).toBe(false);
});
