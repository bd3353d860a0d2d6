/** The floor: what the same machine needs when somebody does by hand, at once, only what has to be done. */
import { randomUUID } from 'node:crypto';
import { TESTED_RELEASE } from '../../src/openclaw/catalog/tested-release.ts';
import { type Api, changePower, createMachine, removeMachine, runScript } from './machine-api.ts';

export interface Provider {
  url: string;
  key: string;
}

const PORT = 18789;
const BUN = '1.4.5';
const question = JSON.stringify({
  model: 'openclaw/main',
  user: 'bench',
  stream: true,
  messages: [{ role: 'user', content: 'Hello!' }],
});

/** Sent the moment the port listens; a gateway that is not ready yet refuses, and is asked again at once. */
const firstTurn = (header: string) =>
  `until (exec 3<>/dev/tcp/127.0.0.1/${PORT}) 2>/dev/null; do sleep 0.05; done
until curl -sSf -N -o /dev/null -H ${header} -H 'Content-Type: application/json' -d '${question}' http://127.0.0.1:${PORT}/v1/chat/completions 2>/dev/null; do sleep 0.05; done`;

/** As ours starts it, but for what ours does around it. */
const start = (node: string, tree: string, flags: string) =>
  `cd "$OPENCLAW_STATE_DIR"
setsid ${node} --v8-pool-size=1 ${flags} ${tree}/node_modules/openclaw/openclaw.mjs gateway run --port ${PORT} </dev/null >/tmp/gateway.out 2>&1 &
gateway=$!`;

const ENVIRONMENT = `set -e
export HOME=/home/machine OPENCLAW_STATE_DIR=/home/machine/.openclaw OPENCLAW_NO_RESPAWN=1 OPENCLAW_PACKAGED_COMPILE_CACHE_RESPAWNED=1`;

/** Seconds from the creation of a machine to the first reply. */
export async function createByHand(api: Api, provider: Provider): Promise<number> {
  const begun = performance.now();
  const id = await createMachine(api);
  await runScript(api, id, installAndStart(provider), { ANTHROPIC_BASE_URL: provider.url });
  const seconds = (performance.now() - begun) / 1000;
  await removeMachine(api, id);
  return seconds;
}

function installAndStart(provider: Provider): string {
  const token = randomUUID();
  const settings = JSON.stringify({
    gateway: {
      mode: 'local',
      auth: { mode: 'token', token },
      http: { endpoints: { chatCompletions: { enabled: true } } },
    },
    env: { vars: { ANTHROPIC_API_KEY: provider.key } },
    models: { providers: { anthropic: { baseUrl: provider.url, api: 'anthropic-messages', models: [] } } },
    agents: { defaults: { model: { primary: 'anthropic/claude-sonnet-4-6' } } },
  });
  return `${ENVIRONMENT}
cd $HOME && mkdir -p node bun app .openclaw
arch=$(uname -m | sed 's/x86_64/x64/')
registry=\${NPM_CONFIG_REGISTRY%/}
fetch() { curl -fsSL "$registry/$1" | tar xz -C "$2" --strip-components=1; }
fetch "node-linux-\${arch/aarch64/arm64}/-/node-linux-\${arch/aarch64/arm64}-${TESTED_RELEASE.node}.tgz" node &
fetch "@oven/bun-linux-$arch/-/bun-linux-$arch-${BUN}.tgz" bun
echo '{"private":true}' >app/package.json
(cd app && BUN_INSTALL_CACHE_DIR=$HOME/cache ../bun/bin/bun add --network-concurrency=16 --exact --ignore-scripts --no-progress openclaw@${TESTED_RELEASE.openclaw} >/tmp/install.log 2>&1)
wait
echo '${settings}' >.openclaw/openclaw.json
${start('$HOME/node/bin/node', '$HOME/app', '')}
${firstTurn(`'Authorization: Bearer ${token}'`)}`;
}

/** Seconds from the wake of a machine that ours deployed, and that sleeps, to the first reply. It sleeps again afterwards. */
export async function wakeByHand(api: Api, id: string, provider: Provider): Promise<number> {
  const begun = performance.now();
  await changePower(api, id, 'wake');
  const ours = '$HOME/.openclaw-mcp';
  const script = `${ENVIRONMENT}
export NODE_COMPILE_CACHE=${ours}/current/compiled PATH=${ours}/node/bin:$PATH
${start(`${ours}/node/bin/node`, `${ours}/current`, `--require ${ours}/current/keep-compiled.cjs`)}
${firstTurn(`@${ours}/auth`)}
echo $gateway`;
  const pid = await runScript(api, id, script, { ANTHROPIC_BASE_URL: provider.url });
  const seconds = (performance.now() - begun) / 1000;
  await runScript(
    api,
    id,
    `kill ${Number(pid)}; while kill -0 ${Number(pid)} 2>/dev/null; do sleep 0.1; done`,
  );
  await changePower(api, id, 'sleep');
  return seconds;
}
