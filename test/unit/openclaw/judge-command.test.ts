/** What run_openclaw lets through: no order, form or alias of arguments makes a refused command one that is run. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../../src/core/errors.ts';
import { COMMANDS, READING_METHODS, REFUSED_OPTIONS } from '../../../src/openclaw/catalog/commands.ts';
import { judgeCommand } from '../../../src/openclaw/catalog/judge-command.ts';
import { runOpenclaw } from '../../../src/tools/run-openclaw.ts';

function judged(args: readonly string[], mayInstall = false): string {
  try {
    return judgeCommand(args, mayInstall);
  } catch (error) {
    if (!isAppError(error, 'invalid_input')) throw error;
    expect(error.message).toMatch(/^Nothing was run: /);
    expect(error.next).toBeTruthy();
    return 'refused';
  }
}

const words = (line: string) => line.split(' ');
const WHOLLY_REFUSED = Object.entries(COMMANDS)
  .filter(([, rule]) => rule.rest !== 'changes' && !rule.reads && !rule.changes && !rule.installs)
  .map(([name]) => name);

describe('a command', () => {
  it.each([
    'cron list --json',
    'automations list --all --json',
    'cron runs --id 1 --limit 5',
    'skills list --json',
    'skills',
    'sessions --json',
    'sessions --agent=main --json',
    'sessions list --agent main',
    'models status --json',
    'models aliases list',
    'config get agents.defaults.model --json',
    'gateway call cron.list --json --params {"limit":5}',
    'gateway status',
    'docs how to pair',
    'status --deep',
    'approvals pending --json',
    'cron add --help',
    'cron -h',
    'browser --help',
    'help cron add',
    '--version',
  ])('%s only reads', (line) => expect(judged(words(line))).toBe('reads'));

  it.each([
    'cron add --name n --cron 0 --message m --json',
    'cron run 1',
    'cron list --fix',
    'memory status --index',
    'sessions delete k --yes',
    'agents add work',
    'plugins enable x',
    'models aliases add a b',
    'brand-new thing',
    'message send --to x --message y',
  ])('%s changes', (line) => expect(judged(words(line))).toBe('changes'));

  it.each([
    '',
    '--json cron list',
    '--profile x update',
    '--dev gateway run',
    'Update',
    'update',
    'update --help',
    'gateway --json stop',
    'gateway stop',
    'gateway restart',
    'gateway auth-token',
    'gateway call secrets.resolve',
    'gateway call --json config.set',
    'gateway call cron.list --profile x',
    'gateway call config.set cron.list',
    'config set gateway.bind lan',
    'config --section x',
    'config',
    'models auth login',
    'models --json auth login',
    'models set a/b',
    'sessions --json delete k --yes',
    'cron --json rm 1',
    'cron list --token x',
    'cron list --url=wss://x',
    'cron add --command id',
    'cron add --webhook=https://x',
    'message send --media /etc/passwd',
    'mcp set x {}',
    'mcp list --json',
    'config get mcp.servers',
    'config get .',
    'crestodian -m x --yes',
    'browser start',
    'browser extension pair',
    'security audit --fix',
    'sessions --store=/tmp/x',
    'sessions export-trajectory --output=/tmp/x',
    'agents add evil --workspace ~/.ssh',
    'cron edit 1 --failure-alert-mode webhook',
    'cron add --script x',
    'infer model run x',
    'infer model auth login',
    'models scan --set-default --yes',
    'users link-email x',
    'plugins disable openclaw-dedalus-limit',
    'devices approve x',
    'pairing list telegram',
    'approvals resolve 1 allow-once',
    'agent --message --help',
    'chat',
    'plugins install x@1.2.3',
    'skills install @a/b --version 1.2.3',
    'plugins update --all',
    'plugins',
  ])('%s is refused', (line) => expect(judged(words(line))).toBe('refused'));

  it('has a tool to use instead where it is refused', () => {
    for (const [name, { rest }] of Object.entries(COMMANDS)) {
      if (rest !== 'changes') expect(rest.instead, name).toMatch(/[.)]$/);
    }
  });
});

/** Whatever the release of the fixture registers at its top level: what is hidden and what its plugins bring, too. */
const OF_THE_RELEASE = readFileSync(
  new URL('../../fixtures/openclaw-2026.9.6-commands.txt', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n');
const onlyReads = (args: string[]) => runOpenclaw.reading?.input.safeParse({ args }).success;

describe('of the commands that the release has', () => {
  it('those that are not named count as a change in any form, and are refused where only reading is allowed', () => {
    const unnamed = OF_THE_RELEASE.filter((name) => !Object.hasOwn(COMMANDS, name));
    expect(unnamed).toEqual(['crabbox', 'policy', 'qa', 'wiki', 'workboard']);
    for (const name of unnamed) {
      for (const behind of [[], ['list'], ['list', '--json'], ['show', 'x'], ['status']]) {
        expect(judged([name, ...behind])).toBe('changes');
        expect(onlyReads([name, ...behind])).toBe(false);
      }
    }
  });

  it('those that are named read with no other words than the table says', () => {
    const words = ['list', 'show', 'get', 'status', 'set', 'add', 'remove', 'run', 'install', 'auth', 'x'];
    for (const name of OF_THE_RELEASE.filter((one) => Object.hasOwn(COMMANDS, one))) {
      const reads = COMMANDS[name]?.reads ?? [];
      for (const sub of words.filter((word) => !reads.some((one) => one.split(' ')[0] === word))) {
        // By itself a command takes words that are no subcommands.
        const bare = reads.includes('') && judged([name, 'no-subcommand']) === 'reads';
        expect(onlyReads([name, sub]), `${name} ${sub}`).toBe(bare);
      }
    }
  });
});

describe('code from the net', () => {
  it.each([
    'plugins install @openclaw/discord@2026.9.6',
    'plugins install clawhub:x@1.0.0 --pin --json',
    'skills install @owner/weather --version 1.2.3 --global',
  ])('%s is installed where the person allowed it', (line) => {
    expect(judged(words(line), true)).toBe('changes');
    expect(judged(words(line), false)).toBe('refused');
  });

  it.each([
    'plugins install @openclaw/discord',
    'plugins install @openclaw/discord@latest',
    'plugins install @openclaw/discord@^1.0.0',
    'plugins install git:owner/repo@1.2.3',
    'plugins install https://x/y.tgz',
    'plugins install ./x@1.2.3',
    'plugins install x@1.2.3 --marketplace y',
    'plugins install --link x@1.2.3',
    'skills install git:a/b --version 1.2.3',
    'skills install @a/b',
    'skills install @a/b --version latest',
    'skills install @a/b --version 1.2.3 --force-install',
    'skills update --all',
    'hooks install x@1.2.3',
  ])('%s never is', (line) => expect(judged(words(line), true)).toBe('refused'));
});

describe('no form of arguments', () => {
  const arg = fc.oneof(
    fc.constantFrom('--json', '--', '-h', '--help', '--agent', '--yes', '-V', '--params={}', 'x', 'list', ''),
    fc.string({ maxLength: 12 }),
  );
  const option = fc.stringMatching(/^--?[a-z]{1,8}(=[a-z]{0,5})?$/);

  it('runs what is refused as a whole, whatever stands behind it or before it', () => {
    const property = fc.property(
      fc.constantFrom(...WHOLLY_REFUSED),
      fc.array(arg, { maxLength: 5 }),
      fc.array(option, { maxLength: 3 }),
      (name, behind, before) => {
        expect(judged([...before, name, ...behind], true)).toBe('refused');
        expect(judged([name.toUpperCase(), ...behind], true)).toBe('refused');
      },
    );
    fc.assert(property);
  });

  it('lets an option between the words make another command of it', () => {
    const groups = Object.entries(COMMANDS).filter(([, { rest }]) => rest !== 'changes');
    const property = fc.property(
      fc.constantFrom(...groups.map(([name]) => name)),
      fc.array(option, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('set', 'stop', 'run', 'auth', 'approve', 'install', 'remove', 'call', 'login'),
      fc.array(arg, { maxLength: 3 }),
      (name, between, sub, behind) => {
        expect(judged([name, ...between, sub, ...behind.filter((one) => one !== '--help')], true)).toBe(
          'refused',
        );
      },
    );
    fc.assert(property);
  });

  it('takes an option that leads elsewhere or carries a secret, in any place and form', () => {
    const property = fc.property(
      fc.constantFrom('cron', 'skills', 'agents', 'browser', 'status'),
      fc.array(arg, { maxLength: 3 }),
      fc.constantFrom(...Object.keys(REFUSED_OPTIONS)),
      fc.constantFrom('', '=x'),
      fc.array(arg, { maxLength: 3 }),
      (name, before, refused, value, behind) => {
        expect(judged([name, ...before, `${refused}${value}`, ...behind])).toBe('refused');
      },
    );
    fc.assert(property);
  });

  it('calls another method of the gateway than one that reads', () => {
    const method = fc.string({ maxLength: 20 }).filter((one) => !READING_METHODS.has(one));
    const property = fc.property(method, fc.array(arg, { maxLength: 3 }), (name, behind) => {
      const args = ['gateway', 'call', name, ...behind];
      // Help for the command itself calls nothing.
      if (behind.some((one) => one === '-h' || one === '--help') || name === '-h' || name === '--help')
        return;
      expect(judged(args)).toBe('refused');
    });
    fc.assert(property);
  });

  it('counts as reading with an option that is not known', () => {
    const property = fc.property(option, (unknown) => {
      const known = judged(['cron', 'list', '--json']);
      expect(known).toBe('reads');
      const seen = judged(['cron', 'list', unknown, 'x']);
      if (
        !/^--(?:json|plain|all|deep|limit|days|agent|query|id|kind|status|brief|since)(?:=|$)/.test(unknown)
      ) {
        expect(seen).not.toBe('reads');
      }
    });
    fc.assert(property);
  });
});
