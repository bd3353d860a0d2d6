/** Around every test file, also where files share the modules of one process. */
import { afterAll, afterEach, expect } from 'vitest';
import { plantedDefects } from './no-defects.ts';

afterEach(() => expect(plantedDefects()).toEqual([]));
afterAll(() => expect(plantedDefects()).toEqual([]));
