/** The tools that the page may call, for the page itself and for what the server tells hosts of them. */

/** Those that look, follow, wake and mend. What destroys, overwrites or takes a confirmation is never called from here. */
export const CALLED: readonly string[] = [
  'get_operation',
  'gateway_status',
  'list_machines',
  'read_session',
  'wake_machine',
  'repair_openclaw',
];
