/** Chat turns in which the machine's own program or its gateway is killed: one reply each, and nothing is sent twice. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { type Lab, type LabClient, startLab } from '../support/lab.ts';
import { KILLS, moments, SEED } from '../support/moments.ts';
import { kill, programPids } from '../support/program-pids.ts';

const TURN_MS = 1_200;
const LIMIT = { timeout: 200_000 + KILLS * 40_000 };

let lab: Lab;
let agent: LabClient;
let home: string;
beforeAll(async () => {
  lab = await startLab({ model: { fault: () => ({ kind: 'slow', ms: TURN_MS }) } });
  agent = await lab.connect();
  const { machine_id } = (await agent.finish('deploy_openclaw')).data;
  home = (await agent.assembled.services.machines.get(String(machine_id))).homeDir ?? '';
});
afterAll(() => lab.close());

const asked = (question: string) => lab.model.requests.filter((one) => one.question === question).length;

describe(`a turn (seed ${SEED}) in which`, () => {
  it(`the machine's own program is killed at ${KILLS} moments`, LIMIT, async () => {
    for (const [index, moment] of moments(TURN_MS * 1.5, KILLS).entries()) {
      const message = `Program, question ${index}`;
      const turn = agent.finish('chat', { message, session: `program-${index}` });
      await systemClock.sleep(moment);
      const killed = programPids(home);
      for (const pid of killed) kill(pid);
      const at = `killed ${killed.length} after ${Math.round(moment)} ms`;
      const { data } = await turn;
      expect(data, at).toMatchObject({ status: 'done', reply: expect.stringContaining(message) });
      expect(asked(message), at).toBe(1);
    }
  });

  it(`the gateway is killed at ${KILLS} moments`, LIMIT, async () => {
    for (const [index, moment] of moments(TURN_MS, KILLS).entries()) {
      const message = `Gateway, question ${index}`;
      const turn = agent.finish('chat', { message, session: `gateway-${index}` });
      await systemClock.sleep(moment);
      kill(Number.parseInt(await readFile(join(home, '.openclaw-mcp/gateway.pid'), 'utf8'), 10));
      const at = `killed after ${Math.round(moment)} ms`;
      const { data } = await turn;
      // OpenClaw goes on with a turn that it had begun, and is answered about that.
      const reply = expect.stringMatching(new RegExp(`question ${index}|interrupted`));
      expect(data, at).toMatchObject({ status: 'done', reply });
      expect(asked(message), at).toBeLessThanOrEqual(1);
      await agent.finish('wake_machine');
    }
  });
});
