import { describe } from 'vitest';
import { wholeLife } from '../support/whole-life.ts';

describe('an assistant from deploy to destroy', () => wholeLife(3));
