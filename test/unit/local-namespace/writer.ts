/** Boots a machine and tells what it can write to below its /usr: for a server in a mount namespace of the test's own. */
import { text } from 'node:stream/consumers';
import { namespaceRuntime } from '../../../src/local/namespace/index.ts';

const [homeDir = '', scratchDir = ''] = process.argv.slice(2);
const machine = await namespaceRuntime({ trust: { env: {}, files: [] } }).boot({
  machineId: 'writer',
  homeDir,
  scratchDir,
});
const script = `for place in /usr /usr/local/share '/usr/local/share/a b'; do
  : 2>/dev/null >"$place/x" && echo "$place"
done
grep -c ' /usr overlay ' /proc/mounts
grep -c ' /usr/local/share' /proc/mounts`;
const command = machine.run({ command: ['bash', '-c', script], env: {}, stdin: undefined, cwd: undefined });
const [out] = await Promise.all([text(command.stdout), text(command.stderr), command.ended]);
const lines = out.trim().split('\n');
const [overlays, submounts] = lines.splice(-2).map(Number);
process.stdout.write(JSON.stringify({ overlay: overlays !== 0, written: lines, submounts }));
await machine.stop();
