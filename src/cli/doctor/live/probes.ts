/** What a live check tries on its machine: each thing that nothing but a real machine can tell. */
import type { Clock } from '../../../core/clock.ts';
import type { MachineService } from '../../../machine/ports.ts';

export interface Place {
  machines: MachineService;
  machineId: string;
  clock: Clock;
  signal: AbortSignal;
  /** Where machines install from. */
  sources: readonly string[];
  /** How long the longest command of the check runs. */
  longSeconds: number;
}

export interface Probe {
  what: string;
  assumed: string;
  /** The longest that it may take. */
  seconds: number;
  /** @returns what was seen. @throws what the report then tells. */
  look(place: Place): Promise<string>;
}

const SECOND = 1_000;
const STDIN_BYTES = 256 * 1024;
const OUTPUT_BYTES = 1024 * 1024;

/** On a machine that has just begun to answer, in this order. */
export const PROBES: readonly Probe[] = [
  {
    what: 'user, system, homes',
    assumed: 'root on Ubuntu 24.04, x86-64; /home/machine is there',
    seconds: 30,
    look: (place) =>
      shell(
        place,
        'id -un; echo "HOME=$HOME"; uname -m; (. /etc/os-release && echo "$PRETTY_NAME"); for d in /home/machine /root; do [ -d "$d" ] && df -Pm "$d" | tail -1; done',
      ),
  },
  {
    what: 'tools of the image',
    assumed: 'bash, curl and tar; no Node',
    seconds: 30,
    look: (place) =>
      shell(
        place,
        'for t in bash curl tar xz gzip node npm python3 git setsid flock ss systemctl; do command -v "$t" >/dev/null && printf "%s " "$t" || printf "no-%s " "$t"; done',
      ),
  },
  {
    what: 'stdin and env arrive unchanged',
    assumed: `${STDIN_BYTES / 1024} KiB of stdin; names of variables as they are`,
    seconds: 60,
    look: async (place) => {
      const { stdout } = await place.machines.run(
        place.machineId,
        {
          command: ['/bin/bash', '-c', 'echo "stdin $(wc -c) env $LIVE_check_9"'],
          stdin: 'x'.repeat(STDIN_BYTES),
          env: { LIVE_check_9: 'as-it-is' },
          timeoutMs: 30 * SECOND,
          rerunnable: true,
        },
        place,
      );
      return stdout;
    },
  },
  {
    what: 'a command that does nothing',
    assumed: 'about half a second, with three requests',
    seconds: 60,
    look: async (place) => {
      const took: number[] = [];
      for (let n = 0; n < 3; n += 1) {
        const begun = place.clock.elapsed();
        await execute(place, 'true', 20);
        took.push(Math.round(place.clock.elapsed() - begun));
      }
      return `${took.join(', ')} ms`;
    },
  },
  {
    what: 'size of an output',
    assumed: 'cut somewhere, and said so; we read in pieces of 256 KiB',
    seconds: 60,
    look: async (place) => {
      const { stdout, truncated } = await execute(
        place,
        `head -c ${OUTPUT_BYTES} /dev/zero | tr '\\0' x`,
        30,
      );
      return `${stdout.length} of ${OUTPUT_BYTES} characters came, ${truncated ? 'said to be cut' : 'not said to be cut'}`;
    },
  },
  {
    what: 'the way to Node and npm',
    assumed: 'open',
    seconds: 60,
    look: (place) =>
      shell(
        place,
        `for u in ${place.sources.map((url) => `'${url}'`).join(' ')}; do curl -sS -m 20 -o /dev/null -w '%{http_code} in %{time_total} s; ' "$u" 2>&1; done`,
        50,
      ),
  },
  {
    what: 'a command that runs long',
    assumed: 'runs to its own limit; our commands ask for 150 s at most',
    seconds: 200,
    look: async (place) => {
      const { exitCode } = await execute(place, `sleep ${place.longSeconds}`, place.longSeconds + 30);
      return `${place.longSeconds} s: exit ${exitCode}`;
    },
  },
  {
    what: 'an address for a port',
    assumed: 'by the ports resource, where the organisation has previews',
    seconds: 60,
    look: async ({ machines, machineId, signal }) => {
      const { form } = await machines.openPort(machineId, 18_789, `live-port-${machineId}`, { signal });
      return `given by ${form}`;
    },
  },
];

const MARK = 'live-check-mark';

/** Sleep and wake, with what is left behind before and looked for after. */
export const SLEEP_PROBES: readonly Probe[] = [
  {
    what: 'marks before the sleep',
    assumed: 'can be written under the home, /tmp and /',
    seconds: 30,
    look: (place) =>
      shell(
        place,
        `for d in /home/machine "$HOME" /tmp /var/tmp; do echo 1 2>/dev/null > "$d/${MARK}" && printf '%s ' "$d"; done; (setsid sleep 3600 </dev/null >/dev/null 2>&1 & echo $! > "$HOME/${MARK}.pid")`,
      ),
  },
  {
    what: 'sleep with this key',
    assumed: 'open, or 401 for some accounts',
    seconds: 120,
    look: async ({ machines, machineId, signal }) => (await machines.sleep(machineId, { signal })).how,
  },
  {
    what: 'wake with this key',
    assumed: 'open, else by a command that does nothing',
    seconds: 180,
    look: async ({ machines, machineId, signal }) => (await machines.wake(machineId, { signal })).how,
  },
  {
    what: 'what survived the sleep',
    assumed: '/home/machine alone; no process',
    seconds: 120,
    look: (place) =>
      shell(
        place,
        `for d in /home/machine "$HOME" /tmp /var/tmp; do [ -f "$d/${MARK}" ] && printf '%s ' "$d"; done; p=$(cat "$HOME/${MARK}.pid" 2>/dev/null); [ -n "$p" ] && kill -0 "$p" 2>/dev/null && ! grep -qs '^State:[[:space:]]*Z' "/proc/$p/status" && echo 'the process too' || echo 'no process'; rm -f "$HOME/${MARK}"* "/home/machine/${MARK}"*; [ -n "$p" ] && kill "$p" 2>/dev/null; true`,
        60,
      ),
  },
];

async function shell(place: Place, script: string, seconds = 20): Promise<string> {
  const { stdout, stderr, exitCode } = await execute(place, script, seconds);
  return exitCode === 0 ? stdout : `exit ${exitCode}: ${stdout} ${stderr}`;
}

function execute({ machines, machineId, signal }: Place, script: string, seconds: number) {
  return machines.run(
    machineId,
    { command: ['/bin/bash', '-c', script], timeoutMs: seconds * SECOND, rerunnable: true },
    { signal },
  );
}
