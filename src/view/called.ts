/** Which tools the page may call: the page keeps to it, and the server tells it to hosts. */

/** Those that look, follow, wake, mend and save. What destroys, overwrites or takes a confirmation is never called from here. */
export const CALLED: readonly string[] = [
  'get_operation',
  'gateway_status',
  'list_machines',
  'read_session',
  'wake_machine',
  'repair_openclaw',
  'files',
];

/** A file of a turn, to this computer: overwrites nothing, and the server says where to. The one thing asked of `files`. */
export function savingOf(path: string, machineId: string | undefined): Record<string, unknown> {
  return { action: SAVE, path, ...(machineId !== undefined && { machine_id: machineId }), wait_seconds: 0 };
}

const SAVE = 'save';

/** Whether the page may make this call. */
export function mayCall(tool: string, args: Readonly<Record<string, unknown>>): boolean {
  return CALLED.includes(tool) && (tool !== 'files' || args.action === SAVE);
}
