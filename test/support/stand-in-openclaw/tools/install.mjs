/** Stands in for `bun add` and `npm install`: fetches one package from the registry, checks it, and unpacks it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [tool, ...args] = process.argv.slice(2);
const VERSIONS = { bun: '1.4.5', npm: '11.19.1' };
const registry = (
  flag('--registry') ??
  process.env.npm_config_registry ??
  process.env.NPM_CONFIG_REGISTRY ??
  'http://127.0.0.1:9'
).replace(/\/$/, '');

if (args.includes('--version') || args[0] === '-v') console.log(VERSIONS[tool]);
else if (args[0] === 'ls') process.exitCode = 0;
else if (['add', 'install', 'i'].includes(args[0])) await install();
else fail(`unknown command ${args[0]}`);

function flag(name) {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return args[at].includes('=') ? args[at].slice(name.length + 1) : args[at + 1];
}

function fail(message) {
  console.error(tool === 'npm' ? `npm error ${message}` : `error: ${message}`);
  process.exit(1);
}

async function install() {
  const global = args.includes('-g') || args.includes('--global');
  const prefix = path.resolve(
    flag('--prefix') ??
      flag('--cwd') ??
      (process.env.NPM_CONFIG_PREFIX && global ? process.env.NPM_CONFIG_PREFIX : '.'),
  );
  const root = global ? path.join(prefix, 'lib') : prefix;
  const [name, version] = wanted(root);
  const answer = await fetch(`${registry}/${name}/${version}`);
  if (!answer.ok) fail(`No version matching "${version}" found for specifier "${name}" (but package exists)`);
  const manifest = await answer.json();
  const bytes = Buffer.from(await (await fetch(manifest.dist.tarball)).arrayBuffer());
  const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
  if (integrity !== manifest.dist.integrity) fail(`EINTEGRITY Integrity check failed for tarball: ${name}`);
  const target = path.join(root, 'node_modules', name);
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xz', '-C', target, '--strip-components=1'], { input: bytes });
  linkBins(global ? path.join(prefix, 'bin') : path.join(root, 'node_modules', '.bin'), target, manifest.bin);
  if (!global) record(root, name, manifest.version, integrity);
  console.log(tool === 'npm' ? 'added 1 package' : `installed ${name}@${manifest.version}`);
}

/** The package named on the command line, or else the only dependency in package.json. */
function wanted(root) {
  const spec = args.slice(1).find((arg) => /^openclaw(?:@.+)?$/.test(arg));
  if (spec) return ['openclaw', spec.split('@')[1] ?? 'latest'];
  const { dependencies = {} } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.entries(dependencies)[0] ?? fail('nothing to install');
}

function linkBins(dir, target, bin = {}) {
  mkdirSync(dir, { recursive: true });
  for (const [name, file] of Object.entries(bin)) {
    rmSync(path.join(dir, name), { force: true });
    symlinkSync(path.relative(dir, path.join(target, file)), path.join(dir, name));
  }
}

function record(root, name, version, integrity) {
  lock(root, name, version, integrity);
  const file = path.join(root, 'package.json');
  let known = {};
  try {
    known = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    known = { private: true };
  }
  writeFileSync(
    file,
    JSON.stringify({ ...known, dependencies: { ...known.dependencies, [name]: version } }, null, 2),
  );
}

/** Each installer writes down, in its own form, what it has got. */
function lock(root, name, version, integrity) {
  const [file, text] =
    tool === 'npm'
      ? [
          'package-lock.json',
          JSON.stringify({ packages: { [`node_modules/${name}`]: { version, integrity } } }),
        ]
      : [
          'bun.lock',
          `{\n  "packages": {\n    "${name}": ["${name}@${version}", "", {}, "${integrity}"],\n  }\n}\n`,
        ];
  writeFileSync(path.join(root, file), text);
}
