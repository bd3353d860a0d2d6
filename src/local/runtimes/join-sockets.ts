/** Joins two connections into one, as everything does that forwards ports into and out of machines. */
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** When either side closes, the other is closed too, also where that happened before this call. */
export function joinSockets(one: Socket, other: Socket): void {
  if (one.destroyed || other.destroyed) {
    one.destroy();
    other.destroy();
    return;
  }
  pipeline(one, other, () => one.destroy());
  pipeline(other, one, () => other.destroy());
}
