import type { GateAccuracy, GateSet } from "./gate_set.ts";

/** Where the accuracies come from that the gate compares. */
export interface GateSource {
  /** Held samples of the experiences that a version must not have forgotten: all up to its own. */
  readonly sets: (version: number) => Promise<readonly GateSet[]>;
  /** What is known without samples: accuracies that somebody measured. Undefined where nothing is. */
  readonly recorded?: (version: number) => Promise<readonly GateAccuracy[] | undefined>;
  /** False while somebody still measures a version: its file is left alone until then. Default: always true. */
  readonly isReady?: (version: number) => Promise<boolean>;
}

/** A source with these sets. */
export function createSampleGate(sets: readonly GateSet[]): GateSource {
  return { sets: async (version) => sets.filter(({ experience }) => experience <= version) };
}

/** A source without samples: what a run's summary.json holds, read when it is asked for. */
export function createRecordedGate(
  read: (version: number) => Promise<readonly GateAccuracy[] | undefined>,
): GateSource {
  return { sets: async () => [], recorded: read };
}
