/** One HTTP request to a program of this machine, whose answer is read up to a bound. */
import { type RequestOptions, request } from 'node:http';

export interface Exchange {
  /** HTTP status. */
  status: number;
  /** Foreign. Empty where it is `cut`. */
  body: string;
  /** There was more than `maxBytes` of it. */
  cut: boolean;
}

/**
 * @param options `timeout` counts while nothing arrives.
 * @throws the system's error where nobody answers, or not to the end.
 */
export function exchange(options: RequestOptions, body: string, maxBytes: number): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent: false, ...options }, (response) => {
      const status = response.statusCode ?? 0;
      const pieces: Buffer[] = [];
      let size = 0;
      response.on('data', (piece: Buffer) => {
        size += piece.length;
        pieces.push(piece);
        if (size <= maxBytes) return;
        resolve({ status, body: '', cut: true });
        asked.destroy();
      });
      response.on('end', () => resolve({ status, body: Buffer.concat(pieces).toString('utf8'), cut: false }));
      response.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error('It does not answer')));
    asked.on('error', reject);
    asked.end(body);
  });
}
