/** Stands for a server that is killed: boots a machine, starts something in it, says so and waits to die. */
import { namespaceRuntime } from '../../../src/local/namespace/index.ts';

const [homeDir = '', scratchDir = '', marker = ''] = process.argv.slice(2);
const runtime = namespaceRuntime({ trust: { env: {}, files: [] } });
const machine = await runtime.boot({ machineId: 'owned', homeDir, scratchDir });
const script = `setsid sleep ${marker} >/dev/null 2>&1 & echo started; sleep ${marker}`;
const command = machine.run({ command: ['bash', '-c', script], env: {}, stdin: undefined, cwd: undefined });
command.stderr.pipe(process.stderr);
command.stdout.pipe(process.stdout);
