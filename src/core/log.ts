/** Diagnostics for the person who runs the server; stderr only, since stdout is the protocol. */

/** Writes one line. Takes our own words and structured facts, never foreign text or secrets. */
export interface Log {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void;
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void;
}

export const silentLog: Log = { info: () => {}, warn: () => {} };

/** A log that hands finished, redacted lines to `write`. */
export function lineLog(write: (line: string) => void, redact: (text: string) => string): Log {
  const line = (level: string) => (message: string, facts?: Readonly<Record<string, unknown>>) =>
    write(
      redact(facts === undefined ? `${level} ${message}` : `${level} ${message} ${JSON.stringify(facts)}`),
    );
  return { info: line('info'), warn: line('warn') };
}
