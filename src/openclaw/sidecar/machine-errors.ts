/** Our sentence, and the next step, for every code with which a machine can fail. */
import { AppError, type ErrorCode } from '../../core/errors.ts';
import { tail } from '../../core/text.ts';
import { CONFIGURE_ERRORS } from '../configure/errors.ts';
import { FILE_ERRORS } from './file-errors.ts';

const MAX_FOREIGN = 6_000;

interface Explanation {
  kind: ErrorCode;
  message: string;
  next: string;
}

const RETRY = 'Repeat the call; it goes on where it stopped.';

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ...CONFIGURE_ERRORS,
  ...FILE_ERRORS,
  no_home: {
    kind: 'machine_failed',
    message: 'The machine has no home folder that can be written to',
    next: 'Destroy the machine and deploy a new one.',
  },
  locked: {
    kind: 'unavailable',
    message: 'Another command on the machine is doing the same work and has not finished',
    next: 'Wait half a minute and repeat the call.',
  },
  job_stopped: {
    kind: 'cancelled',
    message: 'This work was cancelled, and is not begun again under the same id',
    next: 'Repeat the call that began it, if it is still wanted.',
  },
  disk_full: {
    kind: 'machine_failed',
    message: "The machine's disk is full; installing OpenClaw needs about 1 GB",
    next: 'Free space on the machine, or deploy a new one with a larger storage_gib.',
  },
  job_met_full_disk: {
    kind: 'machine_failed',
    message: "The machine's disk was full in the middle of this work, which has ended",
    next: 'Free space on the machine, then repeat the call; it goes on where it stopped.',
  },
  turn_without_room: {
    kind: 'machine_failed',
    message: "The machine's disk is full, so the message was not sent",
    next: 'Free space on the machine, or call configure_openclaw with a larger storage_gib; then send it again.',
  },
  limit_reached: {
    kind: 'conflict',
    message: 'The message was not sent: the daily limit of this assistant is reached',
    next: 'It ends with the day; configure_openclaw (daily_limit) raises or lifts it, if the person wants that.',
  },
  limit_unreadable: {
    kind: 'conflict',
    message: 'The message was not sent: the daily limit of this assistant cannot be read on its machine',
    next: 'Set it again with configure_openclaw (daily_limit).',
  },
  price_unknown: {
    kind: 'invalid_input',
    message: 'Nothing was changed: OpenClaw knows no price for what this assistant answers with',
    next: 'Set a limit in tokens, or chat once, so that OpenClaw can show whether it knows the price, and repeat the call.',
  },
  no_room_for_copy: {
    kind: 'machine_failed',
    message: "The machine's disk has no room for a copy of the assistant's state, so nothing was changed",
    next: 'Free space on the machine, then repeat the call.',
  },
  transfer_missing: {
    kind: 'not_found',
    message: 'What was packed no longer lies on the machine',
    next: 'Repeat the call.',
  },
  transfer_damaged: {
    kind: 'unavailable',
    message: 'What was sent did not arrive whole on the machine, so nothing was changed',
    next: 'Repeat the call.',
  },
  backup_unusable: {
    kind: 'invalid_input',
    message: 'The backup cannot be unpacked, or its settings cannot be read; nothing was changed',
    next: 'Check the file, or restore another one.',
  },
  backup_database: {
    kind: 'command_failed',
    message: 'A database of the assistant could not be copied',
    next: 'Call gateway_status to see how the machine is, then repeat the call.',
  },
  backup_failed: {
    kind: 'command_failed',
    message: "The assistant's state could not be packed",
    next: 'Call gateway_status to see how the machine is, then repeat the call.',
  },
  backup_too_many: {
    kind: 'unsupported',
    message:
      "The assistant's state holds more than 400,000 files and folders, more than a restore takes, so nothing was saved",
    next: 'Have the assistant remove what it can make again (node_modules, build folders), then repeat the call.',
  },
  node_unavailable: {
    kind: 'unavailable',
    message: 'Node could be had neither from its official distribution nor from the npm registry',
    next: "Check the machine's network and proxy settings, then repeat the call.",
  },
  registry_unreachable: {
    kind: 'unavailable',
    message: 'The npm registry did not answer the machine',
    next: "Check the machine's network and proxy settings, then repeat the call.",
  },
  wrong_checksum: {
    kind: 'unsupported',
    message:
      'What a registry or mirror served is not what this server was tested with, or not what its publisher says, so it was not used',
    next: "Let the machine use npm's own registry and Node's own distribution (OPENCLAW_MCP_NPM_REGISTRY, OPENCLAW_MCP_NODE_MIRROR and the machine's npm settings), then repeat the call.",
  },
  insecure_source: {
    kind: 'config',
    message:
      'The machine is to install from an address without https, where anybody on the way could change what it gets',
    next: "Give an https address in OPENCLAW_MCP_NPM_REGISTRY, OPENCLAW_MCP_NODE_MIRROR or the machine's npm settings; http only on loopback.",
  },
  openclaw_install_failed: {
    kind: 'command_failed',
    message: 'OpenClaw could not be installed',
    next: RETRY,
  },
  not_installed: {
    kind: 'conflict',
    message: 'OpenClaw is not installed on this machine, or not wholly',
    next: 'Call deploy_openclaw with this machine_id; it installs what is missing.',
  },
  not_configured: {
    kind: 'conflict',
    message: 'OpenClaw is installed on this machine but not configured',
    next: 'Call deploy_openclaw with this machine_id; it goes on where it stopped.',
  },
  port_taken: {
    kind: 'conflict',
    message: "Another program holds the gateway's port; it was left alone",
    next: 'End that program on the machine, then repeat the call.',
  },
  gateway_exited: {
    kind: 'command_failed',
    message: 'The gateway ended while it was starting',
    next: 'Read what it printed below; then call deploy_openclaw with this machine_id to write its settings anew.',
  },
  gateway_not_ready: {
    kind: 'timeout',
    message: 'The gateway runs but did not become ready in time',
    next: 'Call gateway_status in a minute; read_logs shows what it waits for.',
  },
  out_of_memory: {
    kind: 'machine_failed',
    message: 'The machine ran out of memory while the gateway was starting',
    next: 'Deploy on a machine with at least 2048 MiB; 4096 is the default.',
  },
  old_token_accepted: {
    kind: 'command_failed',
    message: 'The gateway still takes its old token',
    next: 'Repeat the call; the gateway is started anew.',
  },
  input_damaged: {
    kind: 'unavailable',
    message: 'What was sent was damaged on its way to the machine',
    next: RETRY,
  },
  rest_is_gone: {
    kind: 'unavailable',
    message:
      "The rest of a long answer was gone before it was read: the machine's program was started anew meanwhile",
    next: 'Repeat the call.',
  },
  sidecar_failed: {
    kind: 'command_failed',
    message: "The program that this server keeps on the machine does not run on the machine's Node",
    next: 'Call repair_openclaw, then repeat the call.',
  },
  bad_job_id: {
    kind: 'invalid_input',
    message: 'This is not the id of an operation on the machine',
    next: 'Pass the operation_id exactly as it was returned.',
  },
};

/** @param foreign what a program on the machine said about it. */
export function explainMachineError(code: string, foreign: string): AppError {
  const known = EXPLANATIONS[code];
  return new AppError(
    known?.kind ?? 'command_failed',
    known?.message ?? 'A step on the machine failed for a reason that this server does not know',
    {
      next: known?.next ?? 'Call gateway_status to see what the machine can do, then repeat the call.',
      details: { script_error: code.slice(0, 40) },
      ...(foreign.trim() === '' ? {} : { foreign: tail(foreign.trim(), MAX_FOREIGN) }),
    },
  );
}
