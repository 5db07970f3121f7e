import type { HostTensor } from "../core/host_tensor.ts";
import type { Experience } from "../streams/experience.ts";
import type { CountedModel } from "./counted_model.ts";

/** Event counters of a strategy; everyone but the clock sees the value before the event is counted (0-based). */
export interface ClockCounters {
  /** Training iterations ever. */
  readonly trainIterations: number;
  /** Experiences whose training has ended. */
  readonly trainExpCounter: number;
  /** Epochs ended in this experience. */
  readonly trainExpEpochs: number;
  /** Training iterations in this experience. */
  readonly trainExpIterations: number;
  /** Training iterations in this epoch. */
  readonly trainEpochIterations: number;
  /** Iterations ever, of training and evaluation. */
  readonly totalIterations: number;
}

/** Who shares the work on a minibatch. */
export interface WorkSharers {
  /** Rows of the last minibatch that each replica computed. The caller owns the result. */
  countRows(): number[];
}

/** What a metric or logger may read of a strategy. Everything is borrowed: copy what must outlive the callback. */
export interface EvaluatedStrategy {
  readonly clock: ClockCounters;
  readonly isTraining: boolean;
  readonly experience: Experience;
  readonly trainEpochs: number;
  /** Minibatches in the current epoch (of training or evaluation). */
  readonly iterationsPerEpoch: number;
  /** The experiences of the running `eval` call. */
  readonly currentEvalStream: readonly Experience[];
  /** Class ids of the whole minibatch [B]; all 0 where targets are numbers. */
  readonly mbY: Int32Array;
  /** Targets of the whole minibatch that are numbers [B, T]; undefined for class ids. */
  readonly mbValues?: HostTensor | undefined;
  /** Task labels of the whole minibatch [B]. */
  readonly mbTaskId: Int32Array;
  /** Logits of the whole minibatch [B, C]; valid until the next iteration. */
  readonly mbOutput: HostTensor;
  /** The minibatch's loss, penalties included. */
  readonly loss: number;
  /** The flat parameters [P], live; for metrics that keep them. */
  readonly parameters?: Float32Array;
  /** The replicas; for loggers that show each. */
  readonly cluster?: WorkSharers;
  /** The model as it is; for metrics that measure it. */
  readonly model?: CountedModel;
}
