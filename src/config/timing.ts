/** Every interval, deadline and cap of the cloud ring and the machine ring, each with its reason. Milliseconds. */

/** Talking to the Dedalus API. */
export const apiTiming = {
  /** One request with its whole body. Creating a machine was measured at about 3 s; a stalled body must not hang us. */
  requestTimeoutMs: 30_000,
  /** All tries of one request together. Below the 45 s that a tool call may take, so that the caller hears the reason. */
  retryTotalMs: 40_000,
  /** Nobody listens there, or the name is unknown: mostly a wrong URL, so the user should hear of it soon. */
  unreachableTotalMs: 8_000,
  /** First back-off. The API itself asks for 84 to 250 ms in its examples; shorter would only add load. */
  backoffMs: 250,
  /** Longest back-off: the wait after an outage should end soon after the outage does. */
  maxBackoffMs: 8_000,
  /** Added at most to a pause that the API named, so that many clients do not come back at the same moment. */
  jitterMs: 100,
} as const;

/** Sizes that an honest API does not reach. */
export const apiCaps = {
  /** An answer's body. Command output arrives in one piece, and its cap on the platform is not documented. */
  answerBytes: 16 * 1024 * 1024,
  /** Pages of one list. Accounts hold 5 to 20 machines; only a broken cursor gets this far. */
  listPages: 100,
  /** Machines of one account; a hundred times the largest quota. */
  machines: 2_000,
} as const;

export interface MachineTiming {
  /** First pause between two looks at a machine; a boot takes 5 to 13 s, a wake 0.5 to 5 s. */
  phasePollMs: number;
  /** Longest pause between two looks at a machine: more would be felt, less would eat the rate limit. */
  maxPhasePollMs: number;
  /** Start of a machine until `running`. */
  runningTimeoutMs: number;
  /** In `accepted` or `placement_pending`: ten times a slow placement means that no host takes it. */
  placementStuckMs: number;
  /** `running` until the guest runs commands: seconds as a rule; refusals were seen for some tens of seconds. */
  guestTimeoutMs: number;
  /** Between two attempts to run something in a guest that refuses. */
  guestPollMs: number;
  maxGuestPollMs: number;
  /** The no-op's own time. Anything that needs longer for /bin/true is not a working guest. */
  noopTimeoutMs: number;
  /** First pause between two looks at an execution: short commands end within tens of milliseconds. */
  executionPollMs: number;
  /** Longest pause between two looks at an execution. */
  maxExecutionPollMs: number;
  /** On top of a command's own time: a wake, a queue, and the platform's bookkeeping. */
  executionSlackMs: number;
  /** How long a refused command is sent again. */
  refusalRetryMs: number;
  /** Output that was announced but is not there yet. */
  outputTimeoutMs: number;
  /** `stopping` until `sleeping`: memory and disk are written out. */
  sleepTimeoutMs: number;
  /** `destroying` until gone. */
  destroyTimeoutMs: number;
}

export const machineTiming: MachineTiming = {
  phasePollMs: 100,
  maxPhasePollMs: 2_000,
  runningTimeoutMs: 300_000,
  placementStuckMs: 120_000,
  guestTimeoutMs: 120_000,
  guestPollMs: 250,
  maxGuestPollMs: 5_000,
  noopTimeoutMs: 10_000,
  executionPollMs: 60,
  maxExecutionPollMs: 1_000,
  executionSlackMs: 90_000,
  refusalRetryMs: 60_000,
  outputTimeoutMs: 5_000,
  sleepTimeoutMs: 180_000,
  destroyTimeoutMs: 180_000,
};
