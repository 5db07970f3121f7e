import type { HostTensor } from "../core/host_tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Mixing } from "../data/transforms/mixing.ts";
import type { RowMeasure } from "../onnx/row_measure.ts";
import type { StepRates } from "../optimizers/optimizer.ts";

/** Which samples to compute, and how. */
export interface ComputeRequest {
  readonly samples: Dataset;
  /** True drops units and uses batch statistics. */
  readonly training: boolean;
  /** Decides the dropout masks; equal numbers give equal masks. */
  readonly dropoutStep: number;
  /** Augments samples as in the n-th training iteration; 0 or left out: samples as they are. */
  readonly augmentation?: number;
  /** How samples are mixed with each other, augmented or not. Default: they are not. */
  readonly mixing?: Mixing | undefined;
  /** Parameters [P] to use instead of the model's own; the layers' state is left alone then. */
  readonly parameters?: Float32Array;
  /** True leaves the training gradient and the layers' state alone: the gradient goes to a vector of its own. */
  readonly scratch?: boolean;
  /**
   * True, with `scratch`: every sample is a shard of its own, and `backward` leaves each one's gradient as it is. There
   * may be as many samples as there are logical shards.
   */
  readonly perSample?: boolean;
  /** Makes `backward` add up this of each row's own gradient in place of the gradient. */
  readonly rowMeasure?: RowMeasure;
  /**
   * False lets `gradientStep` give no outputs: several ranks need not send them to each other then. Default: true.
   */
  readonly outputs?: boolean;
  /** What `gradientStep` holds features to, in float32, where `anchors.findWidth` gives a width. */
  readonly anchor?: FeatureTarget | undefined;
  /** Where `forward` writes the outputs; may be longer. Default: a new array, which the caller owns. */
  readonly into?: Float32Array;
}

/** What a step holds features to: adds the mean over the samples of factor · ‖f(x) − f_old(x)‖² to its objective. */
export interface FeatureTarget {
  /** The layer that gives the features f, without dropout. */
  readonly layerName: string;
  /** The model that gives f_old. Nobody may write to them. */
  readonly vectors: { readonly parameters: Float32Array; readonly state: Float32Array };
  readonly factor: number;
}

/** What is done with the gradient once the shards have it. */
export interface AfterGradient {
  readonly penalties?: boolean;
  /** The optimizer step in the same command. */
  readonly update?: StepRates;
}

/** Whole-minibatch results. Copies: the caller owns them. */
export interface StepResult {
  /** Of no rows where the request wanted no outputs. */
  readonly output: HostTensor;
  /** Σ weight · loss of the rows, and what holds their features, without penalties. */
  readonly objective: number;
  /** False when a loss was NaN or infinite; no update was made then. */
  readonly isFinite: boolean;
}
