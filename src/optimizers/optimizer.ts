import type { OptimizerSpec } from "./optimizer_spec.ts";
import type { ParameterGroup } from "./parameter_groups.ts";

/** An update rule with its learning rate. Its vectors live in the cluster, one slice a replica. */
export interface Optimizer {
  readonly spec: OptimizerSpec;
  /** May be changed between steps (schedules do). */
  learningRate: number;
  /** Parameters that are stepped otherwise. Default: none. */
  readonly groups?: readonly ParameterGroup[];
}

/** How far one step goes: learning rates of the parameters in no group, and of each group. */
export interface StepRates {
  readonly learningRate: number;
  readonly groups?: readonly { readonly learningRate: number }[];
}

/** What one optimizer step reads and writes; all vectors are [P] and may lie in shared memory. */
export interface OptimizerVectors {
  readonly parameters: Float32Array;
  readonly gradient: Float32Array;
  /** As many vectors as `countStateVectors` says, zero before the first step. */
  readonly state: readonly Float32Array[];
}

/** Which part of the vectors a step updates, how far, and how many steps this one makes (from 1). */
export interface OptimizerStep {
  readonly start: number;
  readonly end: number;
  readonly learningRate: number;
  readonly count: number;
}
