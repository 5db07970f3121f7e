import type { ParameterLayout } from "../../core/parameter_layout.ts";
import type { ActivationSpec } from "./activation_spec.ts";
import type { LayerCall } from "./layer_call.ts";
import type { AlphaDropoutSpec, DropoutSpec, GaussianNoiseSpec, GaussianSamplingSpec } from "./noise_layer_spec.ts";
import type { BatchNormalizationSpec, LayerNormalizationSpec } from "./normalization_spec.ts";
import type { ProgressiveNetworkSpec } from "./progressive_network_spec.ts";
import type { BidirectionalSpec, RecurrentSpec } from "./recurrent_spec.ts";
import type {
  DotSpec,
  EmbeddingSpec,
  LearnedReluSpec,
  PermuteSpec,
  RepeatVectorSpec,
  RescalingSpec,
} from "./sequence_layer_spec.ts";
import type { WindowLayerSpec } from "./window_specs.ts";

/** A model's input [N, …sampleShape]. */
export interface InputSpec extends LayerCall {
  readonly kind: "input";
  readonly sampleShape: readonly number[];
}

/** y = activation(x · kernel + bias); the parameters are `${layer}/kernel` [in, units] and `${layer}/bias` [units]. */
export interface DenseSpec extends LayerCall {
  readonly kind: "dense";
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: ActivationSpec;
}

/** An activation that stands alone. */
export interface ActivationLayerSpec extends LayerCall {
  readonly kind: "activation";
  readonly activation: ActivationSpec;
}

/** [N, a, b, …] to [N, a·b·…] */
export interface FlattenSpec extends LayerCall {
  readonly kind: "flatten";
}

/** [N, …] to [N, …sampleShape], where one length of −1 takes what is left. */
export interface ReshapeSpec extends LayerCall {
  readonly kind: "reshape";
  readonly sampleShape: readonly number[];
}

/** Elementwise, of two or more inputs; a difference is of two. */
export interface MergeSpec extends LayerCall {
  readonly kind: "merge";
  readonly operation: "add" | "subtract" | "multiply" | "average" | "maximum" | "minimum";
}

/** Joins its inputs along an axis, counted with the batch as axis 0. */
export interface ConcatenateSpec extends LayerCall {
  readonly kind: "concatenate";
  readonly axis: number;
}

/** How a growing head answers for units whose class was not trained on: with `maskValue`, if it masks at all. */
interface MaskedHead extends LayerCall {
  /** The layer that owns `${layer}/kernel`, `${layer}/bias` and, without a gradient, `${layer}/active`. */
  readonly layer: string;
  readonly masking: boolean;
  readonly maskValue: number;
}

/** A linear classifier [N, in] to [N, units], masked by `active` [units]. */
export interface IncrementalClassifierSpec extends MaskedHead {
  readonly kind: "incrementalClassifier";
  readonly units: number;
}

/**
 * A linear classifier with a head a task label; its second input are the labels [N]. The kernel is [tasks, in, units].
 */
export interface MultiHeadClassifierSpec extends MaskedHead {
  readonly kind: "multiHeadClassifier";
  /** True where all rows of a batch have one label, so that one head is all that is computed. */
  readonly sharesTask: boolean;
  /** The width of each head, by task label; 0 where there is none. */
  readonly headUnits: readonly number[];
}

/** A layer's call as data: all that a converter needs to know of it. */
export type LayerSpec =
  | InputSpec
  | DenseSpec
  | ActivationLayerSpec
  | DropoutSpec
  | GaussianNoiseSpec
  | GaussianSamplingSpec
  | AlphaDropoutSpec
  | FlattenSpec
  | ReshapeSpec
  | MergeSpec
  | ConcatenateSpec
  | BatchNormalizationSpec
  | LayerNormalizationSpec
  | EmbeddingSpec
  | PermuteSpec
  | RepeatVectorSpec
  | DotSpec
  | RescalingSpec
  | LearnedReluSpec
  | RecurrentSpec
  | BidirectionalSpec
  | WindowLayerSpec
  | IncrementalClassifierSpec
  | MultiHeadClassifierSpec
  | ProgressiveNetworkSpec;

/** A model as data, ready to be converted. */
export interface ModelSpec {
  readonly name: string;
  /** In an order in which every layer comes after its inputs. */
  readonly layers: readonly LayerSpec[];
  /** Names of the calls whose outputs are the model's. */
  readonly outputs: readonly string[];
  /** Of models within it that have one output, by name: the call that gives it, the first time the model is used. */
  readonly innerOutputs?: Readonly<Record<string, string>>;
  /** Trainable parameters [P] in model order: `layer/kernel`, `layer/bias`, … */
  readonly layout: ParameterLayout;
  /** Tensors without gradients [Q]. */
  readonly stateLayout: ParameterLayout;
}
