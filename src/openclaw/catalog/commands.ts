/**
 * What OpenClaw's own commands do: which only read, which change, which are refused and what does it instead. The one
 * place that says so. A command that is not here counts as a change.
 */

/** Why a command is not run, and what to do instead. */
export interface Refusal {
  why: string;
  instead: string;
}

/** One command of the top level. Subcommands are told by their words, as `aliases list`. */
export interface CommandRule {
  /** Only look; `''` is the command by itself. */
  reads?: readonly string[];
  changes?: readonly string[];
  /** Bring code from the net: only where this server's owner allows it, and pinned to a version. */
  installs?: readonly string[];
  /** What every other subcommand is; where it is a refusal, an alias that a later release brings is refused too. */
  rest: 'changes' | Refusal;
  /** Options that are refused whatever the subcommand. */
  options?: Readonly<Record<string, Refusal>>;
  /** Arguments that are refused whatever the subcommand, as paths of settings and names of plugins. */
  words?: readonly { like: RegExp; refusal: Refusal }[];
}

const breaks = (instead: string): Refusal => ({
  why: 'it would break or replace the gateway that this server looks after',
  instead,
});
const interactive: Refusal = {
  why: 'it needs a terminal and a person at it',
  instead: 'Call chat to talk to the assistant, configure_openclaw to set it up.',
};
const showsToken = (instead: string): Refusal => ({ why: 'it shows or takes a token or key', instead });
const consent: Refusal = {
  why: 'whom and what to let in is for the person to say',
  instead: 'Call configure_openclaw: without changes it shows who waits; its approve and deny answer.',
};
const personsOwn: Refusal = {
  why: "it reaches into the person's own devices or decides what runs and where data goes",
  instead: 'Leave it to the person: they do it in the Control UI (configure_openclaw with control_ui).',
};
const install: Refusal = {
  why: 'it takes a newer, unpinned version of what others wrote',
  instead:
    'Install that version by name: plugins install NAME@VERSION, or skills install @OWNER/NAME --version VERSION.',
};
const showsOthersKeys: Refusal = {
  why: 'these settings hold keys of other servers, which it prints as they are',
  instead: 'Call ["mcp", "list"], which leaves them out.',
};
const keepsLimit: Refusal = {
  why: 'it would take away what keeps the daily limit',
  instead: 'Call configure_openclaw with daily_limit; "none" lifts it.',
};
const SETTINGS = 'Call configure_openclaw with set: it checks first, proves after and undoes what fails.';
const KEYS =
  'Call configure_openclaw with provider_keys, channel or rotate_token: secrets come from variables of this server.';
const own = (rest: Refusal): CommandRule => ({ rest });
const all = (...subcommands: string[]): CommandRule => ({ reads: subcommands, rest: 'changes' });

const personsOptions = (...names: string[]): Record<string, Refusal> =>
  Object.fromEntries(names.map((name) => [name, personsOwn]));

/** Programs and addresses that it would run or write to by itself, under each name that an option has for them. */
const AUTOMATIONS: CommandRule = {
  reads: ['list', 'show', 'get', 'status', 'runs'],
  rest: 'changes',
  options: {
    ...personsOptions('--command', '--command-argv', '--command-cwd', '--command-env', '--command-input'),
    ...personsOptions('--script', '--trigger-script', '--on-exit', '--on-exit-cwd', '--stream-command'),
    ...personsOptions('--stream-cwd', '--webhook', '--failure-alert-mode', '--failure-alert-to'),
  },
};
const APPROVALS: CommandRule = { reads: ['get', 'pending'], rest: consent };
/** No limit counts a model's answer that is asked for outside of a chat, and its caller says where it is written. */
const INFER: CommandRule = {
  reads: ['list', 'inspect'],
  rest: { why: 'it takes keys, or asks a model where nothing counts what it costs', instead: 'Call chat.' },
};

/** By the first word, aliases too. */
export const COMMANDS: Readonly<Record<string, CommandRule>> = {
  // What a person would open a shell for.
  cron: AUTOMATIONS,
  automations: AUTOMATIONS,
  agents: {
    ...all('', 'list', 'bindings'),
    options: personsOptions('--workspace', '--workspace-root', '--agent-dir', '--identity-file'),
  },
  sessions: { ...all('', 'list'), options: personsOptions('--output', '--workspace', '--store') },
  memory: all('status'),
  tasks: all('', 'list', 'show', 'audit'),
  worktrees: all('list'),
  transcripts: all('list'),
  sandbox: all('list', 'explain'),
  telemetry: all('show'),
  users: { reads: ['list'], rest: consent },
  system: all('presence', 'heartbeat last'),
  directory: all('self', 'peers list', 'groups list', 'groups members'),
  message: {
    reads: ['read', 'reactions', 'pins', 'search', 'permissions'],
    rest: 'changes',
    options: { '--media': personsOwn },
  },
  infer: INFER,
  capability: INFER,
  hooks: { reads: ['', 'list', 'info', 'check'], changes: ['enable', 'disable'], rest: install },
  skills: {
    reads: ['', 'list', 'info', 'check', 'search', 'verify'],
    changes: ['workshop', 'curator'],
    installs: ['install'],
    rest: install,
  },
  plugins: {
    reads: ['list', 'inspect', 'search', 'doctor'],
    changes: ['enable', 'disable', 'reload', 'uninstall'],
    installs: ['install'],
    rest: install,
    words: [{ like: /openclaw-dedalus-limit/, refusal: keepsLimit }],
  },
  models: {
    reads: ['', 'list', 'status', 'aliases list', 'fallbacks list', 'image-fallbacks list'],
    changes: [
      'aliases add',
      'aliases remove',
      'image-fallbacks add',
      'image-fallbacks remove',
      'set-image',
      'refresh',
    ],
    rest: {
      why: 'it changes keys, or the model without proving it',
      instead: `Call configure_openclaw with model or fallback_models. ${KEYS}`,
    },
  },
  config: {
    reads: ['get', 'file', 'schema', 'validate'],
    rest: { why: 'settings are changed where they can be undone', instead: SETTINGS },
    // Also all of them at once.
    words: [{ like: /\bmcp\b|^(?:\.|\*|)$/, refusal: showsOthersKeys }],
  },
  channels: { reads: ['list', 'status', 'capabilities'], rest: showsToken(KEYS) },
  // As JSON they print environments and headers as they are.
  mcp: { reads: ['list', 'status', 'doctor'], rest: personsOwn, options: { '--json': showsToken(KEYS) } },
  browser: { reads: ['status', 'tabs', 'profiles', 'doctor'], rest: personsOwn },
  nodes: { reads: ['list', 'status', 'describe', 'pending'], rest: personsOwn },
  approvals: APPROVALS,
  'exec-approvals': APPROVALS,
  'exec-policy': { reads: ['show'], rest: consent },
  security: {
    reads: ['audit'],
    rest: { why: 'settings are changed where they can be undone', instead: SETTINGS },
  },
  promos: { reads: ['list'], rest: showsToken(KEYS) },
  status: { reads: [''], rest: 'changes' },
  health: { reads: [''], rest: 'changes' },
  audit: { reads: [''], rest: 'changes' },
  docs: { reads: [''], rest: 'changes' },
  gateway: {
    reads: ['status', 'health', 'probe', 'usage-cost', 'stability'],
    rest: breaks('Call wake_machine or repair_openclaw: both start a gateway that is down.'),
  },
  // What has a tool of its own, and what nobody should do from here.
  agent: own({
    why: 'a turn is followed, and not lost or paid twice, by its own tool',
    instead: 'Call chat.',
  }),
  logs: own({ why: 'it has a tool of its own', instead: 'Call read_logs.' }),
  doctor: own(breaks('Call gateway_status to look and repair_openclaw to mend.')),
  backup: own({ why: 'a backup that lies on its own machine is none', instead: 'Call backup_openclaw.' }),
  update: own(breaks('Call upgrade_openclaw: it goes back by itself where the new one does not work.')),
  daemon: own(breaks('Call wake_machine or repair_openclaw.')),
  node: own(breaks('Call gateway_status to see how the assistant is.')),
  reset: own(breaks('Call backup_openclaw, then destroy_machine and deploy_openclaw.')),
  uninstall: own(breaks('Call backup_openclaw, then destroy_machine.')),
  onboard: own(breaks('Call deploy_openclaw or configure_openclaw.')),
  setup: own(breaks('Call deploy_openclaw or configure_openclaw.')),
  // Its hidden old name.
  crestodian: own(breaks('Call deploy_openclaw or configure_openclaw.')),
  configure: own(breaks('Call configure_openclaw.')),
  migrate: own(breaks('Call backup_openclaw with action "restore".')),
  database: own(breaks('Call repair_openclaw.')),
  fleet: own(breaks('Call deploy_openclaw for another assistant.')),
  worker: own(breaks('Call chat.')),
  claws: own(personsOwn),
  path: own(personsOwn),
  reef: own(personsOwn),
  vault: own(showsToken(KEYS)),
  onepassword: own(showsToken(KEYS)),
  secretref: own(showsToken(KEYS)),
  proxy: own(personsOwn),
  dns: own(personsOwn),
  webhooks: own(personsOwn),
  'file-transfer': own(personsOwn),
  connect: own(personsOwn),
  dashboard: own(showsToken('Call configure_openclaw with control_ui.')),
  secrets: own(showsToken(KEYS)),
  qr: own(showsToken('Call configure_openclaw with control_ui.')),
  clawbot: own(showsToken('Call configure_openclaw with control_ui.')),
  devices: own(consent),
  pairing: own(consent),
  tui: own(interactive),
  chat: own(interactive),
  terminal: own(interactive),
  resume: own(interactive),
  attach: own(interactive),
  acp: own(interactive),
  triage: own(interactive),
  completion: own({ why: 'it writes into the files of a shell', instead: 'Nothing needs it here.' }),
};

/** Methods of the gateway, for `gateway call`, that only read; every other one is refused. */
export const READING_METHODS: ReadonlySet<string> = new Set([
  ...['status', 'health', 'usage.cost', 'usage.status', 'last-heartbeat', 'system-presence'],
  ...['cron.list', 'cron.get', 'cron.status', 'cron.runs', 'tasks.list', 'tasks.get'],
  ...[
    'sessions.list',
    'sessions.get',
    'sessions.preview',
    'sessions.describe',
    'sessions.usage',
    'chat.history',
  ],
  ...[
    'sessions.files.list',
    'artifacts.list',
    'agents.list',
    'models.list',
    'skills.status',
    'tools.catalog',
  ],
  ...['tools.effective', 'channels.status', 'node.list', 'logs.tail'],
]);

/** Options of reading commands that leave them reading; with any other a command counts as a change. */
export const READING_OPTIONS: ReadonlySet<string> = new Set([
  ...[
    '--json',
    '--plain',
    '--verbose',
    '--all',
    '--all-agents',
    '--deep',
    '--enabled',
    '--eligible',
    '--brief',
  ],
  ...[
    '--limit',
    '--offset',
    '--active',
    '--days',
    '--agent',
    '--channel',
    '--account',
    '--target',
    '--query',
  ],
  ...[
    '--id',
    '--status',
    '--kind',
    '--runtime',
    '--provider',
    '--since',
    '--timeout',
    '--params',
    '--version',
  ],
  ...['--expect-final', '--session-key', '--session'],
]);

/** Whatever the command: they lead to another gateway or state, or carry a secret. */
export const REFUSED_OPTIONS: Readonly<Record<string, Refusal>> = {
  ...Object.fromEntries(
    ['--profile', '--dev', '--container', '--url', '--port', '--state-dir', '--config', '--remote'].map(
      (name) => [
        name,
        {
          why: 'it leads to another gateway or another state than the one that this server looks after',
          instead: `Call again without ${name}.`,
        },
      ],
    ),
  ),
  ...Object.fromEntries(
    ['--token', '--password', '--api-key', '--bot-token', '--app-token', '--secret'].map((name) => [
      name,
      showsToken(KEYS),
    ]),
  ),
};
