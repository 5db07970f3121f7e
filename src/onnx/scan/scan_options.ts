import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";

/** What one step is given. */
export interface StepInput {
  /** What the step before has left, [N, …] each. */
  readonly states: readonly ValueName[];
  /** Its part of the sequence [N, …]. */
  readonly element: ValueName;
  /** Keeps a value of every step, so that the way back need not compute it again. What comes back stands for it. */
  save(value: ValueName): ValueName;
}

/**
 * Adds one step to a graph and gives the states after it, as many as before and of the same shapes. It is called once
 * for the way there and once for the way back.
 */
export type ScanStep = (input: StepInput, body: GraphBuilder) => readonly ValueName[];

/** A sequence gone through step by step. */
export interface ScanOptions {
  /** The states before the first step, [N, …] each. */
  readonly states: readonly ValueName[];
  /** [T, N, …] */
  readonly sequence: ValueName;
  /**
   * Values of the graph around it that steps use by their names: matrices that stand on the right of one Gemm without
   * attributes.
   */
  readonly captures: readonly ValueName[];
  readonly step: ScanStep;
  /** True goes through the sequence from its end. */
  readonly fromEnd: boolean;
  /** True puts the states after later steps before those after earlier ones. */
  readonly stacksFromEnd: boolean;
}
