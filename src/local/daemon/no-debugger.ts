/** Keeps Node's debugger shut in what this program starts, from its first instruction on, where Node can do that. */

const FLAG = '--disable-sigusr1';

/** Arguments for the Node that runs this; none where it is older than the flag (22.14 and 23.7 know it). */
export const NO_DEBUGGER: readonly string[] = process.allowedNodeEnvironmentFlags.has(FLAG) ? [FLAG] : [];
