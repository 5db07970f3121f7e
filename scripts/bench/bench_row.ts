import { median } from "./statistics.ts";

/** The parts of the bench, in the order in which they run. */
export const SUITES = [
  "step",
  "scaling",
  "online",
  "long",
  "many",
  "run",
  "strategies",
  "networks",
  "serve",
  "feedback",
] as const;

export type SuiteName = (typeof SUITES)[number];

/** What figures are in. For some of them less is better. */
export type Unit = "µs" | "ms" | "s" | "MB" | "%" | "steps/s" | "examples/s" | "GFLOP/s" | "accuracy";

const LESS_IS_BETTER: ReadonlySet<Unit> = new Set(["µs", "ms", "s", "MB", "%"]);

/**
 * What was measured: one figure a repetition on either side, taken in turns, so that the n-th of both belong together.
 */
export interface Comparison {
  readonly suite: SuiteName;
  readonly name: string;
  readonly unit: Unit;
  readonly ours: readonly number[];
  readonly peerName: string;
  readonly peer: readonly number[];
}

/** One line of `--json`: medians, and a ratio that is above 1 where ours is better. */
export interface BenchRow {
  readonly suite: SuiteName;
  readonly name: string;
  readonly ours: number;
  readonly peer: number;
  readonly peerName: string;
  readonly unit: Unit;
  readonly ratio: number;
}

/** The medians of a comparison. @throws {RangeError} If a side has no figures. */
export function createRow({ suite, name, unit, ours: oursAll, peerName, peer: peerAll }: Comparison): BenchRow {
  const ours = median(oursAll);
  const peer = median(peerAll);
  return { suite, name, ours, peer, peerName, unit, ratio: divide(unit, ours, peer) };
}

/**
 * The lowest and the highest ratio of repetitions that followed each other: what is left of them tells how calm it was.
 */
export function findRatioRange({ unit, ours, peer }: Comparison): readonly [lowest: number, highest: number] {
  // A side that is one fixed figure (a limit, say) goes with every repetition of the other.
  const count = Math.max(ours.length, peer.length);
  const at = (values: readonly number[], i: number) => values[Math.min(i, values.length - 1)] ?? Number.NaN;
  const ratios = Array.from({ length: count }, (_, i) => divide(unit, at(ours, i), at(peer, i)));
  return [Math.min(...ratios), Math.max(...ratios)];
}

/** Ours ÷ theirs as speeds: of times, sizes and shares the reciprocals are compared. */
function divide(unit: Unit, ours: number, peer: number): number {
  return LESS_IS_BETTER.has(unit) ? peer / ours : ours / peer;
}
