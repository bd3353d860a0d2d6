/** Two connections become one: what forwards ports into and out of machines does with each of them. */
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Either end closing closes the other. */
export function joinSockets(one: Socket, other: Socket): void {
  pipeline(one, other, () => one.destroy());
  pipeline(other, one, () => other.destroy());
}
