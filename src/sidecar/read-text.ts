/** The small files by which programs of a machine tell each other something. */
import { readFileSync } from 'node:fs';

/** Empty where there is none, or it cannot be read: it tells nothing then. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
