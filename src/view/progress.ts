/** How far a bar has moved: nobody knows how long work will take, so the bar comes closer to its end and reaches it only when the work ends. */
import type { Operation, Stage } from './told/operation.ts';

export interface Segment {
  name: string;
  seconds: number;
  /** Of the whole bar. */
  percent: number;
  /** The one at work. */
  live: boolean;
}

// Seconds after which a bar of this kind is about two thirds full; measured on quiet machines.
const TYPICAL: Readonly<Record<string, number>> = {
  deploy: 60,
  upgrade: 90,
  restore: 60,
  backup: 20,
  wake: 15,
  repair: 30,
  turn: 15,
};
const OTHERS = 30;

/** @param waited seconds since this was told; the last stage goes on meanwhile. */
export function segments(operation: Operation, waited: number): Segment[] {
  const running = operation.status === 'running';
  const stages: Stage[] = operation.stages.map((stage, index) =>
    running && index === operation.stages.length - 1 ? { ...stage, seconds: stage.seconds + waited } : stage,
  );
  const total = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  const full =
    running || operation.status === 'unknown' ? filled(total, TYPICAL[operation.kind] ?? OTHERS) : 1;
  return stages.map(({ name, seconds }, index) => ({
    name,
    seconds,
    percent: total === 0 ? 0 : round(100 * full * (seconds / total)),
    live: running && index === stages.length - 1,
  }));
}

/** 0 at the start, 2/3 at `typical`, and never quite 1. */
function filled(seconds: number, typical: number): number {
  return 1 - Math.exp((-1.1 * seconds) / typical);
}

const round = (percent: number) => Math.round(percent * 100) / 100;
