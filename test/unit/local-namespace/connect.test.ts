/** How this computer reaches a port inside a machine: made in its network, handed over, and gone with it. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { RunningMachine } from '../../../src/local/runtimes/runtime.ts';
import { bash, started, unavailable, why } from './fixture.ts';

const PORT = 18789;
/** Greets with a word, then repeats what it hears. */
const SERVE = `require("net").createServer((c) => { c.on("error", () => {}); c.write(process.argv[1]); c.pipe(c); }).listen(${PORT}, "127.0.0.1", () => console.log("up"))`;

async function serving(machine: RunningMachine, word: string): Promise<void> {
  const line = `exec 3< <(setsid '${process.execPath}' -e '${SERVE}' ${word} 2>/dev/null); read -r up <&3; echo $up`;
  expect((await bash(machine, line)).out).toBe('up');
}

const heard = async (socket: Socket) => String(await once(socket, 'data'));

describe.skipIf(unavailable)(`a connection into a machine${why}`, () => {
  it('reaches the port of that machine and of no other, loses no word, and ends with it', async () => {
    const [one, two] = await Promise.all([started(), started()]);
    await Promise.all([serving(one.machine, 'first'), serving(two.machine, 'second')]);
    const [first, again, second] = await Promise.all([
      one.machine.connect(PORT),
      one.machine.connect(PORT),
      two.machine.connect(PORT),
    ]);
    expect(await Promise.all([first, again, second].map(heard))).toEqual(['first', 'first', 'second']);
    first.write('and back');
    expect(await heard(first)).toBe('and back');
    first.end();
    await text(first);

    const gone = once(again, 'close');
    await one.machine.stop();
    await gone;
    await expect(one.machine.connect(PORT)).rejects.toMatchObject({ code: 'unavailable' });
    second.write('still here');
    expect(await heard(second)).toBe('still here');
  });

  it('is refused where nothing listens', async () => {
    const { machine } = await started();
    await expect(machine.connect(PORT)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
