/** Lines of JSON on a pair of streams. Unlike the SDK's own, it answers what it cannot hand on: clients wait for that. */
import type { Readable, Writable } from 'node:stream';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ErrorCode, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { type Answer, idOfBroken, readLine } from './read-message.ts';

const MIB = 1024 * 1024;
const MAX_LINE_BYTES = 10 * MIB;
// Of a line that is too long: enough to find its id at either end.
const KEPT_BYTES = 4_096;
const NEWLINE = 0x0a;

export class StdioTransport implements Transport {
  onmessage?: (message: JSONRPCMessage) => void;
  onerror?: (error: Error) => void;
  onclose?: () => void;
  readonly #input: Readable;
  readonly #output: Writable;
  #line = new LineBuffer();

  constructor(input: Readable, output: Writable) {
    this.#input = input;
    this.#output = output;
  }

  async start(): Promise<void> {
    this.#input.on('data', this.#onData);
    this.#input.on('error', this.#onError);
  }

  /** Resolves when the stream can take more. */
  send(message: JSONRPCMessage): Promise<void> {
    return this.#write(message);
  }

  async close(): Promise<void> {
    this.#input.off('data', this.#onData);
    this.#input.off('error', this.#onError);
    this.#input.pause();
    this.#line = new LineBuffer();
    this.onclose?.();
  }

  readonly #onData = (chunk: Buffer): void => {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end !== -1; end = rest.indexOf(NEWLINE)) {
      this.#line.append(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = this.#line;
      this.#line = new LineBuffer();
      this.#take(line);
    }
    this.#line.append(rest);
  };

  readonly #onError = (error: Error): void => {
    this.onerror?.(error);
  };

  #take(line: LineBuffer): void {
    const read = line.tooLong ? [tooLong(line)] : readLine(line.bytes());
    for (const one of read) {
      if ('message' in one) this.onmessage?.(one.message);
      else this.#answer(one);
    }
  }

  #answer({ id, code, fault }: Answer): void {
    this.onerror?.(new Error(`A message of the client was refused: ${fault}`));
    this.#write({ jsonrpc: '2.0', id, error: { code, message: `${fault}; nothing was done` } }).catch(
      () => {},
    );
  }

  #write(message: object): Promise<void> {
    return new Promise((resolve) => {
      if (this.#output.write(`${JSON.stringify(message)}\n`)) resolve();
      else this.#output.once('drain', resolve);
    });
  }
}

function tooLong(line: LineBuffer): Answer {
  const fault = `The message is longer than ${MAX_LINE_BYTES / MIB} MiB`;
  const [first, last] = line.ends();
  return { id: idOfBroken(first) ?? idOfBroken(last), code: ErrorCode.InvalidRequest, fault };
}

/** The pieces of one line. Of one that is too long only the ends are kept. */
class LineBuffer {
  #pieces: Buffer[] = [];
  #size = 0;
  #head = '';
  #tail: Buffer = Buffer.alloc(0);

  get tooLong(): boolean {
    return this.#size > MAX_LINE_BYTES;
  }

  append(piece: Buffer): void {
    const wasTooLong = this.tooLong;
    this.#size += piece.length;
    if (!wasTooLong) this.#pieces.push(piece);
    if (!this.tooLong) return;
    if (!wasTooLong) {
      const all = this.bytes();
      this.#head = all.toString('utf8', 0, KEPT_BYTES);
      this.#tail = all.subarray(-KEPT_BYTES);
      this.#pieces = [];
      return;
    }
    this.#tail = Buffer.from(Buffer.concat([this.#tail, piece.subarray(-KEPT_BYTES)]).subarray(-KEPT_BYTES));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pieces);
  }

  ends(): [string, string] {
    return [this.#head, this.#tail.toString('utf8')];
  }
}
