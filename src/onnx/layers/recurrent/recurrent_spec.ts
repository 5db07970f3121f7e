import type { ActivationSpec } from "../activation.ts";
import type { LayerCall } from "../layer_call.ts";

/** What one direction over a sequence is; its parameters are `${layer}/kernel`, `/recurrent_kernel` and `/bias`. */
export interface RecurrentCell {
  readonly cell: "simple" | "gru" | "lstm";
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: ActivationSpec;
  /** Of the gates; a simple cell has none. */
  readonly recurrentActivation: ActivationSpec;
  /** True for a GRU that multiplies its state before it resets it, and has a bias for each product: [2, 3 · units]. */
  readonly resetsAfter: boolean;
  /** True gives the outputs of all times [N, T, units], false the last one [N, units]. */
  readonly returnsSequences: boolean;
  /** True goes through the sequence from its end, and gives outputs in that order. */
  readonly goesBackwards: boolean;
}

/** A recurrent layer on [N, T, F]. */
export interface RecurrentSpec extends LayerCall, RecurrentCell {
  readonly kind: "recurrent";
}

/** The same samples in both directions; the outputs of the second are put into the order of the first. */
export interface BidirectionalSpec extends LayerCall {
  readonly kind: "bidirectional";
  readonly forward: RecurrentCell;
  readonly backward: RecurrentCell;
  readonly merge: "concat" | "sum" | "average" | "multiply";
}

/** How many gates a cell has, each with its part of the parameters' last axis. */
export function countGates(cell: RecurrentCell["cell"]): number {
  switch (cell) {
    case "simple":
      return 1;
    case "gru":
      return 3;
    case "lstm":
      return 4;
  }
}
