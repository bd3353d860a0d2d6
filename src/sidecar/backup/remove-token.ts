/** The gateway's token never leaves its machine, wherever in the state somebody has written it. */
import { Transform } from 'node:stream';

/** Overwrites `token` in what flows through, also across chunks; no length changes. */
export function tokenRemover(token: string): Transform {
  const wanted = Buffer.from(token);
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const all = overwritten(Buffer.concat([held, chunk]), wanted);
      // What is held back may be the beginning of one.
      const ready = Math.max(0, all.length - wanted.length + 1);
      held = all.subarray(ready);
      done(null, all.subarray(0, ready));
    },
    flush(done) {
      done(null, held);
    },
  });
}

function overwritten(bytes: Buffer, wanted: Buffer): Buffer {
  for (
    let found = bytes.indexOf(wanted);
    found !== -1;
    found = bytes.indexOf(wanted, found + wanted.length)
  ) {
    bytes.fill('x', found, found + wanted.length);
  }
  return bytes;
}
