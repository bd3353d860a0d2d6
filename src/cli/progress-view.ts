/** What a person sees of work that takes long: one moving line on a terminal, one line a stage elsewhere. */
import type { Clock } from '../core/clock.ts';
import { poll } from '../core/poll.ts';

export interface ProgressOutput {
  write(text: string): unknown;
  /** Whether a line can be redrawn; else there is one line per stage. */
  isTTY?: boolean | undefined;
  /** Width of the terminal; undefined or 0 where that is unknown. */
  columns?: number | undefined;
}

const BAR_WIDTH = 24;
// Fast enough to look alive, slow enough to cost nothing.
const REDRAW_MS = 200;
// The redraw ends with its step; this only bounds a poll that needs some bound.
const REDRAW_FOR_MS = 24 * 3600 * 1000;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = '\r\u001b[2K';

/** The bar of a run whose steps have an expected share of the time each. */
export class ProgressView {
  readonly #out: ProgressOutput;
  readonly #clock: Clock;
  readonly #total: number;
  #passed = 0;
  #drawn = false;

  /** @param expectedSeconds of all steps together; only the bar's speed depends on it. */
  constructor(out: ProgressOutput, clock: Clock, expectedSeconds: number) {
    this.#out = out;
    this.#clock = clock;
    this.#total = expectedSeconds;
  }

  /** A line that stays. */
  line(text = ''): void {
    this.#clear();
    this.#out.write(`${text}\n`);
  }

  /**
   * Shows that `work` is going on until it ends.
   * @param work gets a function that names its current stage.
   */
  async during<T>(
    title: string,
    expectedSeconds: number,
    work: (stage: (name: string) => void) => Promise<T>,
  ): Promise<T> {
    const begun = this.#clock.elapsed();
    const ended = new AbortController();
    let current = '';
    const seconds = () => (this.#clock.elapsed() - begun) / 1000;
    const draw = () => this.#draw(`${title}${current && ` · ${current}`}`, seconds(), expectedSeconds);
    const stage = (name: string) => {
      if (name === current) return;
      current = name;
      if (this.#out.isTTY) draw();
      else this.line(`  ${seconds().toFixed(1).padStart(6)} s  ${title} · ${name}`);
    };
    if (this.#out.isTTY) this.#redraw(draw, ended.signal);
    try {
      return await work(stage);
    } finally {
      ended.abort();
      this.#passed += expectedSeconds;
      this.#clear();
    }
  }

  #redraw(draw: () => void, signal: AbortSignal): void {
    const times = { intervalMs: REDRAW_MS, factor: 1, maxIntervalMs: REDRAW_MS, timeoutMs: REDRAW_FOR_MS };
    poll({ clock: this.#clock, what: 'the line of progress', ...times, signal }, async () => {
      draw();
      return {};
    }).catch(() => {});
  }

  #draw(text: string, seconds: number, expected: number): void {
    // Comes closer and closer to the step's end without reaching it, however long the step takes.
    const share = expected * (1 - Math.exp(-seconds / expected));
    const fraction = Math.min(1, (this.#passed + share) / this.#total);
    const full = Math.round(fraction * BAR_WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`;
    const line = `${bar} ${String(Math.round(fraction * 100)).padStart(3)} %  ${seconds.toFixed(0).padStart(3)} s  ${text}`;
    this.#out.write(`${CLEAR_LINE}${line.slice(0, (this.#out.columns || DEFAULT_COLUMNS) - 1)}`);
    this.#drawn = true;
  }

  #clear(): void {
    if (this.#drawn) this.#out.write(CLEAR_LINE);
    this.#drawn = false;
  }
}
