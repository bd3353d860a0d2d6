import { describe } from 'vitest';
import { wholeLife } from '../support/whole-life.ts';

// Generation 3 is in test/server: the whole suite passes on each, but two of them need not hold up the fast one.
describe.each([1, 2] as const)('an assistant from deploy to destroy, API generation %i', wholeLife);
