/** Two connections become one: what forwards ports into and out of machines does with each of them. */
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Either end closing closes the other; also when that was before the other was there. */
export function joinSockets(one: Socket, other: Socket): void {
  if (one.destroyed || other.destroyed) {
    one.destroy();
    other.destroy();
    return;
  }
  pipeline(one, other, () => one.destroy());
  pipeline(other, one, () => other.destroy());
}
