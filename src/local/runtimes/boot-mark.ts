/** Tells what runs in a machine from what ran in it before it slept: the kernel below it is the computer's, and boots with that. */
import { randomBytes } from 'node:crypto';

/** For the environment of one boot of one machine. */
export const bootMark = () => ({ DEDALUS_LOCAL_BOOT: randomBytes(8).toString('hex') });
